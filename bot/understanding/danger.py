"""Danger to life or health, found by named patterns: what must not be missed is not left to a learned score.

Both languages are looked for in every message, since who is in danger does not care about the thread's language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.understanding.anger_cues import plain

Kind = Literal["poisoning", "fire", "electric_shock", "injury", "suicide"]

ADVICE = "emergency-advice"


@dataclass(frozen=True)
class Danger:
    kind: Kind
    #: The customer's words that gave it away.
    phrase: str
    advice_slug: str = ADVICE


_HARMFUL_EN = (
    r"(?:bleach|detergent|cleaner|cleaning \w+|battery|batteries|button cell|magnets?|pills?|tablets|poison|"
    r"chemicals?|liquid|fluid|"
    r"capsules?|pods?|glue|descaler|acid|paint|gel|refill|lamp oil|antifreeze)"
)
_HARMFUL_DE = (
    r"(?:reinig\w*|\w*reiniger|waschmittel|\w*mittel|batterie\w*|knopf(?:zelle|batterie)\w*|magnet\w*|"
    r"tabletten?|gift\w*|chemikalie\w*|flüssigkeit|entkalker\w*|säure|farbe|kleber|"
    r"spülmaschinentabs?|tabs?|pods?|lampenöl|putzmittel|bleiche|chlor\w*)"
)

_SOURCES: dict[Kind, tuple[str, ...]] = {
    "suicide": (
        r"(?:kill|hang|harm|hurt|cut|shoot|drown) ?my ?self", r"(?:end|take) (?:my (?:own )?life|it all)\b",
        r"suicid(?:e|al)\b",
        r"(?:want|wanna|going|ready|rather|better|wish) (?:to |i (?:was|were) |be |off )?(?:die|"
        r"dead)\b(?! (?:of|from) (?:laugh|embarrass|shame|curiosity))",
        r"(?:don'?t|do not|no longer|can'?t|cannot) (?:want to |wanna |go on )(?:live|liv(?:e|ing)|be alive|"
        r"exist|wake up)\b",
        r"no reason (?:left )?to live", r"better off without me",
        r"jump (?:off|from|in front of) (?:a|the) (?:bridge|roof|train|building|balcony)",
        r"life (?:isn'?t|is not|is no longer) worth living", r"swallow (?:all|the whole|a bottle)[^.!?]{0,30}pills",
        r"(?:bringe?|brächte) (?:ich )?mich (?:noch )?um\b",
        r"mich (?:selbst |selber )?(?:um(?:zu)?bringen|umbringe|töten|zu töten|erhängen|aufhängen|ritzen)\b",
        r"(?:mir|meinem) (?:das |ein )?(?:leben (?:zu )?nehmen|ende (?:zu )?(?:setzen|bereiten)|leben ein ende)",
        r"su[iz]+[iz]d\w*", r"selbst(?:mord|tötung)(?:gedanken)?\b",
        r"(?:will|möchte|mag|kann) (?:so |einfach |am liebsten |auch )*(?:nicht mehr|nimmer) (?:leben|"
        r"weiterleben|da sein|aufwachen)",
        r"(?:will|möchte|wollte)(?: \w+){0,3} (?:sterben|tot sein)\b", r"lieber tot\b",
        r"leben hat (?:doch )?keinen sinn", r"ohne mich besser dran",
        r"(?:spring\w*|werfe mich) (?:ich )?(?:von der brücke|vom dach|vor (?:den|einen) zug|aus dem fenster)",
        r"sterben will\b",
    ),
    "poisoning": (
        r"poison(?:ed|ing)\b(?! (?:ivy|apple|pen))",
        rf"(?:swallow|drank|drunk|drink|ate|eaten|ingest|licked|inhal|sipped|chewed)\w* [^.!?]{{0,40}}?{_HARMFUL_EN}",
        rf"{_HARMFUL_EN} [^.!?]{{0,30}}?(?:was|were|been|got) (?:swallowed|ingested|inhaled|eaten)",
        r"overdos(?:e|ed)\b", r"carbon monoxide (?:alarm|poison\w*|leak|detector (?:is|went|keeps) \w+)",
        r"(?:smell(?:s|ing)? (?:of )?gas|gas leak)\b",
        r"(?:breath(?:ed|ing)|inhaled) (?:in )?(?:the )?(?:fumes|smoke|gas|vapou?rs?)",
        r"(?:can'?t|cannot|struggling to|hard to|trouble|difficulty) breath(?:e|ing)\b", r"anaphyla\w+",
        r"(?:throat|tongue|face|lips) (?:is|are) swell\w*",
        r"vergift(?:et|ung)\w*",
        rf"{_HARMFUL_DE} [^.!?]{{0,30}}?(?:ver|ge)?(?:schluckt|trunken|gessen|geatmet|leckt)\b",
        rf"(?:ver)?schluckt\w* [^.!?]{{0,30}}?{_HARMFUL_DE}", rf"trank [^.!?]{{0,30}}?{_HARMFUL_DE}", r"überdosis",
        r"(?:kohlenmonoxid|co)[- ]?(?:melder|warner|alarm|vergiftung)\w* (?:piept|schlägt|geht|hat)",
        r"kohlenmonoxid", r"(?:riecht|stinkt) (?:\w+ ){0,3}nach gas\b", r"gasgeruch|gasleck",
        r"(?:dämpfe|rauch|gas) eingeatmet",
        r"(?:bekomm\w*|krieg\w*|kriegt) (?:\w+ ){0,2}(?:kaum |keine )(?:noch )?luft", r"atemnot",
        r"kann (?:kaum|nicht)(?: mehr)? atmen", r"allergische[rn]? schock",
        r"(?:zunge|hals|lippen|gesicht) schw(?:illt|ellen)\b",
    ),
    "electric_shock": (
        r"electrocut\w+", r"electric(?:al)? shocks?\b",
        r"(?:got|get|getting|gave|gives|giving|received|have had|felt|had) (?:\w+ ){0,3}(?:a |"
        r"an )?(?:\w+ )?shocks? (?:from|off|when|while|touching|every time|whenever)",
        r"(?:gave|gives|giving) (?:me|him|her|us|my \w+) (?:a|an|some) (?:\w+ )?shock\b(?! (?:to|when i saw|how|"
        r"seeing|at|by|absorber))",
        r"(?:shocked|zapped) (?:me|him|her|my \w+)(?! with)[^.!?]{0,30}(?:touch|plug|switch|cable|charger|socket|hand)",
        r"(?:got|was|been) (?:shocked|zapped) (?:when|while|as) (?:i|he|she|we) (?:touch|plug|switch|unplug|turn)\w*",
        r"(?:got|was|been|gets?) (?:shocked|zapped) by the (?:charger|cable|plug|socket|lamp|device|power|"
        r"kettle|toaster|wire|adapter)",
        r"live wire\b", r"casing is live\b",
        r"strom(?:schlag|schläge|stoß|unfall)\w*", r"elektroschock\w*",
        r"(?:einen?|eine) gewischt (?:bekommen|gekriegt)", r"elektrisch\w* schl[aä]g\w*", r"unter strom\b",
        r"(?:gehäuse|gerät|kabel|metall) steht unter (?:strom|spannung)", r"stromführend\w*",
    ),
    "fire": (
        r"(?:caught|catch(?:es|ing)?|is on|are on|went on|was on|set) (?:\w+ ){0,2}(?:fire|flames)\b(?! (?:sale|"
        r"tv|stick|lately|right now in sales))",
        r"(?:house|kitchen|flat|room|device|battery|charger|cable|phone|laptop|bike|scooter|plug|socket|lamp|"
        r"oven|toaster|kettle|sofa|curtains?) (?:is |are |was |has |just |started |keeps? |"
        r"started to )*(?:burning|burnt down|burned|smoking|exploded|explod\w+|melt(?:ed|ing)?|sparking|"
        r"in flames|up in (?:flames|smoke))\b",
        r"(?:burst|went up|goes up) in(?:to)? (?:flames|smoke)",
        r"there(?:'s| is| was) (?:a |an )?(?:\w+ )?(?:fire|smoke|flames|burning smell)\b(?! (?:sale|alarm in|tv|"
        r"detector|stick|pit))",
        r"smoke (?:is )?(?:coming|pouring|billowing)", r"(?:burning|burnt) smell",
        r"smells? (?:like |of )?(?:burning|burnt plastic|smoke)",
        r"(?:battery|charger|device|phone|it) (?:has )?exploded\b",
        r"sparks? (?:are )?(?:coming|flying|flew|out of)", r"call(?:ed)? the fire (?:brigade|department|service)",
        r"(?:brennt|brannte|qualmt|qualmte|raucht|explodiert|schmort|kokelt|funkt|funken sprüh\w*)(?: (?:gerade|"
        r"ab|jetzt|noch))?(?= ?[.,!?]|$| und| aus| im| in der| bei)(?! (?:auf der seele|unter den nägeln))",
        r"(?:steht|stand|stehen|geht|ging|ist) (?:\w+ ){0,2}in flammen", r"feuer gefangen",
        r"(?:fing|fängt|hat) (?:\w+ ){0,3}(?:an zu brennen|feuer (?:an|gefangen)|gebrannt)", r"in brand\b",
        r"abgebrannt\b", r"brandgeruch",
        r"(?:riecht|stinkt|roch) (?:\w+ ){0,2}(?:verbrannt|verschmort|nach (?:rauch|verbrannt\w*|verschmort\w*|brand))",
        r"(?:akku|gerät|ladegerät|batterie|handy|stecker|kabel|netzteil) (?:ist |hat )?(?:\w+ )?(?:explodiert|"
        r"geschmort|geschmolzen|gebrannt)",
        r"rauch (?:kommt|steigt|quillt|aus)", r"es brennt\b(?! (?:mir|uns|nicht an))",
        r"feuerwehr (?:gerufen|war|kommt|musste|rufen)",
        r"funken (?:sprühen|fliegen|schlagen|geschlagen|gesprüht|kommen)",
    ),
    "injury": (
        r"(?:bleeding|bled) (?:heavily|badly|a lot|profusely|from|everywhere|won'?t stop)", r"is bleeding\b",
        r"(?:won'?t|doesn'?t|not) stop bleeding",
        r"(?:burn(?:ed|t)|cut|injured|hurt|scalded|broke|fractured|crushed|sliced|gashed|lost) (?:\w+ )?(?:my|"
        r"his|her|our|their) (?:\w+ ){0,2}(?:hands?|fingers?|arms?|legs?|foot|feet|face|eyes?|back|head|skin|"
        r"wrists?|toes?|neck|mouth|thumb|son|daughter|child|baby|kid|dog|cat)\b",
        r"(?:got|was|been|were|is|are|badly|seriously|severely) (?:\w+ )?(?:injured|hurt|burn(?:ed|t)|"
        r"scalded) (?:by|from|when|because|while|using|badly|on)",
        r"(?:seriously|badly|severely) (?:injured|hurt|burn(?:ed|t))",
        r"(?:emergency room|a&e|to hospital|in (?:the )?hospital|to the hospital|in the er\b|ambulance)",
        r"(?:is |are |was |fell |passed out|went |lying )(?:unconscious|unresponsive)", r"not breathing\b",
        r"(?:is|was|nearly|almost) chok(?:ing|ed)\b", r"heart attack(?! when i saw| at the price| looking)",
        r"broken (?:arm|leg|wrist|ankle|nose|finger|hip)\b",
        r"(?:chemical|second[- ]degree|third[- ]degree|severe) burns?\b", r"splashed (?:in|into) (?:\w+ )?eyes?",
        r"in (?:my|his|her) eyes?\b[^.!?]{0,20}(?:burn|hurt|sting)\w*",
        r"blutet (?:stark|heftig|sehr|wie|noch|nicht auf|überall|am|aus)", r"blute (?:stark|heftig|sehr|wie)",
        r"hört nicht auf zu bluten", r"verletzt (?:worden|durch|weil|hat|wurde|sich|,|\.|!)",
        r"(?:mich|sich|mir|schwer|stark|am \w+|an der \w+|kind|sohn|tochter) (?:\w+ ){0,4}(?:verletzt|verbrannt|"
        r"verbrüht|verätzt)\b",
        r"(?:finger|hand|arm|bein|fuß|gesicht|auge|daumen) (?:\w+ ){0,3}(?:verbrannt|verbrüht|verätzt|gebrochen|"
        r"geschnitten|aufgeschnitten|abgetrennt|gequetscht|eingeklemmt|zerquetscht)",
        r"(?:in den|in die|tief|mir|sich) (?:\w+ ){0,3}(?:finger|hand|arm|daumen) geschnitten", r"verätzung\w*",
        r"verbrennung(?:en)? (?:an|am|auf|im|zweiten|dritten|ersten|zugezogen|davongetragen)", r"notaufnahme",
        r"notarzt", r"krankenwagen", r"rettungswagen", r"(?:ins|im) krankenhaus\b", r"bewusstlos\w*",
        r"ohnmächtig geworden", r"atmet nicht", r"erstick(?:t|en)\b(?! in)", r"(?:fast|beinahe) erstickt",
        r"herzinfarkt(?! bekommen als ich| beim preis)",
        r"(?:arm|bein|handgelenk|nase|finger|fuß|rippe)n? (?:ist |sind )?gebrochen",
        r"ins auge (?:gespritzt|bekommen|gekommen|geraten)", r"verschluckt\b[^.!?]{0,20}(?:kind|baby|teil)",
        r"(?:kind|baby|sohn|tochter|hund|katze)[^.!?]{0,40}verschluckt",
    ),
}

#: Ways of speaking that only sound like danger, taken out before looking.
_FIGURES = re.compile(
    r"(?<!\w)(?:rather die than|lieber sterben als|fire ?(?:sale|tv|stick|works?)\w*|amazon fire\w*|on fire (?:lately|today|this week|🔥)|kill(?:er|"
    r"ing) (?:deal|offer|price|feature|it)|heiße (?:ware|teile)|brandneu\w*|"
    r"(?:brandheiß|feuerfest|brennend interess)\w*|(?:sticker|price|culture|bill) shock\w*|shock(?:ed|"
    r"ing)? (?:by|at|about|to (?:see|hear|find|read)) (?:the|your|how|that|such)(?! (?:cable|plug|charger|"
    r"socket|wire))[^.!?]{0,30}|"
    r"dying (?:to|of (?:laughter|curiosity|boredom))|die of (?:laughter|boredom|shame)|(?:bored|"
    r"scared) to death|preis ?schock\w*|burning question|burn(?:ing|t|ed)? (?:a |the )?(?:cd|dvd|calories|"
    r"bridges)|gift ?cards?|gift ?(?:vouchers?|wrap\w*|box\w*)|"
    r"(?:unter|vor) strom stehen sie|todsicher|todschick|zum totlachen|lachen (?:gestorben|sterben)|"
    r"vor (?:scham|lachen|langeweile) (?:ge)?st[eo]rben|brennt mir auf der seele|brennt mir unter den nägeln|"
    r"verbrannt(?:es)? geld|suicide squad|"
    r"bath ?bombs?|bomb\w*|schock(?:iert)? (?:über|vom) \w+|smoking (?:jacket|area|hot)|rauchmelder\w*|(?:smoke|"
    r"fire|carbon monoxide|co) (?:detectors?|alarms?|extinguishers?)(?! (?:is|are|was|went|goes|keeps|piept|"
    r"ringing|beep))|"
    r"feuerlöscher|pflaster für|erste[- ]hilfe[- ](?:set|kasten|koffer)|verbandskasten|first[- ]aid kits?|"
    r"arm und bein|an arm and a leg|broke the bank|heartbroken|herzblut|blutet mir das herz|my heart bleeds|"
    r"mein herz blutet)",
    re.IGNORECASE,
)

_PATTERNS = {
    kind: re.compile(rf"(?<!\w)(?:{'|'.join(sources)})", re.IGNORECASE) for kind, sources in _SOURCES.items()
}
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_LEET = str.maketrans("013457@$", "oieastas")


def check(text: str, language: str | None = None) -> Danger | None:
    """The danger in `text`, however it is wrapped; the gravest kind first."""
    for reading in _readings(text):
        for kind, pattern in _PATTERNS.items():
            if match := pattern.search(reading):
                return Danger(kind, match.group().strip()[:80])
    return None


def _readings(text: str) -> list[str]:
    """The text as written, and with letters that were spaced out or replaced by digits put back."""
    readable = _FIGURES.sub(" · ", plain(_without_markup(text)))
    joined = _SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), readable)
    return list(dict.fromkeys([readable, joined, joined.translate(_LEET), joined.replace("*", "").replace("_", " ")]))


def _without_markup(text: str) -> str:
    return re.sub(r"<[^<>]{0,200}>", " ", text)
