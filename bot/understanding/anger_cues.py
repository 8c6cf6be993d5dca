"""Named cues of anger: what an agent would point at when asked why a message sounds angry.

Both languages are looked for in every message: customers mix them, and the detected language of a short
message is often wrong. Each cue is a feature of `AngerModel`, and its phrase is the evidence shown to people.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: Longer texts are judged by their beginning and end, where the feeling is; the rest is usually pasted.
LONGEST = 3000
_INVISIBLE = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"'})


@dataclass(frozen=True)
class Cue:
    #: One of `NAMES`.
    name: str
    #: The customer's own words.
    phrase: str


def plain(text: str) -> str:
    """`text` without tricks of writing: one form per character, no invisible ones, single spaces."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_QUOTES)
    return " ".join(text.split())


def _any(*phrases: str) -> re.Pattern[str]:
    # For lower-cased text: matching case by case is several times slower.
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})")


_NTH_EN = r"(?:second|third|fourth|fifth|sixth|seventh|tenth|2nd|3rd|[4-9]th|1\dth|umpteenth|hundredth|millionth)"
_NTH_DE = r"(?:zweite|dritte|vierte|fünfte|sechste|siebte|zehnte|x[- ]?te|hundertste|\d+\.)[nrs]?"
_COUNT_EN = r"(?:two|three|four|five|six|seven|ten|\d+|several|so many|countless)"
_COUNT_DE = r"(?:zwei|drei|vier|fünf|sechs|sieben|zehn|\d+|x|tausend|hundert|zig|mehrere)"

_PATTERNS: dict[str, re.Pattern[str]] = {
    "insult": _any(
        r"idiots?\b", r"morons?\b", r"clowns?\b", r"crooks?\b", r"thie(?:f|ves)\b", r"scam\w*", r"liars?\b", r"lying\b",
        r"incompeten\w+", r"useless\b", r"imbeciles?\b", r"amateurs?\b", r"muppets?\b", r"cowboys\b", r"con ?artists?",
        r"(?:rip|ripped|ripping)[- ]?off", r"fraud\w*", r"robbery", r"stole my", r"joke of an?\b", r"bunch of\b",
        r"shambles",
        r"brain ?(?:dead|less)", r"are you (?:all )?(?:stupid|blind|deaf|dumb)", r"worthless", r"lazy\b", r"parasites?",
        r"idioten\b", r"deppen\b", r"vollpfosten", r"trottel\b", r"versager", r"dilettant\w*", r"stümper\w*",
        r"pfeifen\b",
        r"(?:saft|drecks?|sau|schei(?:ß|ss)|chaos|chaoten|sch...)[- ]?(?:laden|verein|firma|haufen|truppe)",
        r"unfähig\w*", r"inkompeten\w+",
        r"betrüg\w+", r"betrueg\w+", r"betrug\b", r"verbrecher", r"abzock\w*", r"gauner", r"halsabschneider",
        r"lügner\w*", r"verarsch\w*",
        r"verlogen\w*", r"hirnlos\w*", r"schlafmützen", r"luschen", r"nieten\b", r"kindergarten\b", r"witzfirma",
        r"nichtskönner",
    ),
    "swearing": _any(
        r"\w*fuck\w*", r"f[*#@]+\w*", r"bull ?shit", r"(?:horse)?shit\w*", r"sh[*]t\w*", r"crap\w*", r"damn\w*",
        r"goddamn\w*", r"bloody\b", r"wtf\b",
        r"bollocks", r"piss(?:ed)?\b", r"arse\w*", r"ass(?:holes?)?\b", r"bastards?", r"hell\b",
        r"schei(?:ß|ss|s)\w*", r"sch\*+\w*", r"verdammt\w*", r"verfickt\w*", r"arsch\w*", r"kotz\w*", r"zum kotzen",
        r"fresse\b", r"verflucht\w*",
        r"herrgott\w*", r"himmel(?:herrgott|arsch|donner)\w*", r"dreck\w*", r"kack\w*", r"beschissen\w*", r"zur hölle",
    ),
    "go_public": _any(
        r"(?:my |a |our )?(?:lawyers?|solicitors?|attorneys?)\b", r"legal action", r"small claims", r"sue you",
        r"see you in court", r"ombudsman",
        r"trading standards", r"better business bureau", r"bbb\b", r"consumer (?:protection|rights|affairs)",
        r"trustpilot", r"one[- ]star", r"1[- ]star",
        r"(?:bad|honest|scathing|negative) reviews?", r"warn (?:every(?:one|body)|others|people|all)",
        r"tell (?:every(?:one|body)|all my)",
        r"all over (?:twitter|facebook|reddit|social|the internet|tiktok)", r"social media",
        r"the (?:press|newspapers?|police)\b", r"charge ?back", r"going public", r"report(?:ing|ed)? you",
        r"(?:meine[nm]? |zum |einen )?(?:rechts)?anw[aä]lt\w*", r"verbraucher(?:zentrale|schutz)\w*",
        r"anzeige (?:erstatten|ist raus|wegen)", r"strafanzeige", r"rechtliche schritte",
        r"rechtsweg", r"gericht\b", r"klage\b", r"verklage\w*", r"öffentlich mach\w*",
        r"(?:die |zur |der )?presse\b", r"(?:eine[nr]? |1[- ])stern\b", r"schlichtungsstelle",
        r"negativ\w* bewertung", r"schlechte bewertung", r"bewertung(?:en)? (?:wird|werden|fällt)", r"warne\b",
        r"jedem erzählen", r"allen erzählen", r"soziale\w* (?:medien|netzwerk\w*)", r"zurückbuchen",
    ),
    "leave": _any(
        r"never (?:again|buy|order|shop|use|spend)\w*",
        r"(?:i'm|i am|we're|we are) (?:done|out|finished|leaving|gone|through)\b",
        r"cancel (?:everything|it all|the lot|my (?:account|subscription|membership))",
        r"los(?:t|e|ing) (?:a |me as a |us as )?(?:loyal |good )?customers?",
        r"taking my (?:money|business|custom)", r"last (?:time|order)\b", r"switch(?:ing)? to (?:a|your|the)",
        r"go(?:ing)? (?:to (?:a |your |the )?competit|elsewhere)\w*", r"delete my account", r"close my account",
        r"shove\b", r"stick it\b", r"good ?bye and",
        r"nie (?:wieder|mehr)\b", r"(?:das war|zum) (?:es|letzte[ns]? mal)", r"letzte bestellung", r"kündige\b",
        r"kündigung ist raus", r"(?:seid|sind) mich los", r"kund(?:e|in|en) (?:verloren|gewesen|los)",
        r"(?:zur|bei der|geh\w* zur) konkurrenz", r"wechs(?:le|el)\b", r"ich bin (?:raus|weg|fertig mit)",
        r"auf nimmerwiedersehen", r"konto löschen", r"könnt ihr (?:behalten|euch)", r"könnt euch\b",
        r"behaltet euren",
    ),
    "asked_before": _any(
        rf"(?:for )?(?:the |my |this is (?:the |my )?|now )?{_NTH_EN} (?:time|message|e-?mail|attempt|ticket|"
        rf"request|call|reminder|week)",
        rf"{_COUNT_EN} (?:times|e-?mails|calls|messages|tickets|attempts|reminders)",
        r"how (?:many (?:more )?times|often|many (?:more )?e-?mails)", r"(?:yet )?again\b",
        r"still (?:no|nothing|not|waiting|haven't|hasn't|isn't)\b",
        r"(?:keep|kept) (?:asking|telling|writing|calling|getting|sending)",
        r"already (?:told|said|sent|wrote|explained|asked|given)", r"as i (?:have )?(?:said|wrote|explained)",
        r"no (?:one|body) (?:answers|replies|responds|answered|replied|cares|bothers)", r"ignor(?:ed|ing)\b",
        r"ignore (?:me|us|people|customers)\b", r"(?:you|they) (?:just |all |simply |always )?ignore\b",
        r"once more\b",
        rf"(?:zum |beim |die |der |das )?(?:mittlerweile |inzwischen |nun )?{_NTH_DE} (?:mal|versuch|mail|e-mail|"
        rf"nachricht|anfrage|anruf|erinnerung|woche)",
        rf"{_COUNT_DE} ?(?:mal|mails|e-mails|anrufe|nachrichten|versuche|erinnerungen)\b",
        r"wie oft\b", r"wie viele (?:mails|male|nachrichten)", r"schon wieder",
        r"immer noch (?:nicht|kein\w*|nichts|auf)", r"wieder und wieder",
        r"(?:bereits|schon) (?:mehrfach|mehrmals|zigmal|x-mal|dreimal|zweimal)",
        r"mehrfach\b", r"erneut\b", r"zum wiederholten", r"wiederholt\b",
        r"wie (?:bereits|schon) (?:gesagt|geschrieben|erwähnt)", r"niemand (?:antwortet|reagiert|meldet)",
        r"keine sau\b", r"ignorier(?:t|st|en)\b(?! (?:bitte|alle|sie (?!mich|uns)))", r"keiner (?:antwortet|reagiert|meldet|zuständig)",
    ),
    "outrage": _any(
        r"unacceptable", r"not acceptable", r"disgrace\w*", r"disgust\w*", r"outrag\w*", r"ridiculous", r"pathetic",
        r"shameful", r"shame on", r"ashamed of", r"appall\w*", r"absurd", r"insult(?:ing)?\b",
        r"a (?:complete |total |absolute |bad )?joke\b",
        r"fed up", r"sick (?:and tired )?of", r"tired of\b", r"had (?:it|enough)\b", r"enough is enough",
        r"furious", r"livid", r"(?:so|really|very|absolutely) angry", r"fuming", r"seething",
        r"beyond (?:belief|annoyed|angry)", r"unbelievable", r"how dare", r"nerve\b",
        r"the worst\b", r"worst (?:service|company|shop|support|experience)",
        r"treat(?:ed|ing)? (?:me|us|people|customers) like", r"kidding me", r"are you (?:serious|kidding|joking)",
        r"waste of", r"don't you dare", r"taking the (?:piss|mick|mickey)",
        r"for (?:god|christ|heaven|fuck)'?s'? ?sake", r"atrocious", r"abysmal", r"beggars belief", r"laughable",
        r"frech\w*", r"unverschämt\w*", r"unding\b", r"zumutung", r"lächerlich\w*", r"peinlich\w*", r"armselig\w*",
        r"erbärmlich\w*", r"sauerei", r"schweinerei", r"skandal\w*", r"unmöglich\b", r"inakzeptabel\w*",
        r"nicht (?:hinnehmbar|akzeptabel|tragbar)", r"schande\b", r"schämt? (?:euch|ihr)", r"schämen sie",
        r"bodenlos\w*", r"unterste schublade", r"unterirdisch\w*", r"katastroph\w*", r"eine farce", r"hohn\b",
        r"dreist\w*",
        r"schnauze voll", r"nase (?:gestrichen )?voll", r"faxen dicke", r"(?:mir |jetzt )?reicht'?s?\b",
        r"reicht es", r"kragen\b", r"stinksauer", r"stinkwütend", r"wütend", r"(?:so|echt|richtig|total) sauer",
        r"platze\b", r"kocht?\b", r"auf 180", r"halsschlagader", r"für (?:dumm|blöd)\w* (?:verkauf\w*|halt\w*)",
        r"zum narren", r"geht'?s noch", r"spinnt ihr", r"spinnen sie", r"ihr ernst", r"euer ernst", r"hackt'?s",
        r"drecks\w+", r"schlimmste\w*", r"das allerletzte", r"das letzte\b", r"ja wohl (?:ein|nicht)",
        "😡", "🤬", "😤", "👿", "🖕",
    ),
    "sarcasm": _any(
        r"thanks for nothing",
        r"(?:oh |how |just )(?:great|brilliant|wonderful|fantastic|lovely|marvell?ous|perfect)\b",
        r"(?:slow )?clap", r"bravo\b", r"congratulations\b", r"congrats\b", r"well done\b",
        r"(?:great|good|nice|stellar|amazing|outstanding|top|fine) (?:job|work|service)\b", r"how hard can it",
        r"what a surprise", r"surprise,? surprise", r"truly impressive",
        r"do you (?:even|actually) (?:read|work|care)", r"is anyone (?:even |actually )?(?:there|home|alive|awake)",
        r"a round of applause", r"hats off", r"too much to ask", r"award\b", r"must be nice", r"lucky me",
        r"silly me",
        r"danke für (?:nichts|gar nichts)", r"na (?:bravo|toll|super|klasse|prima|herzlichen)",
        r"(?:ganz|echt|wirklich) (?:toll|großes kino|großartig|super|klasse)", r"(?:ganz )?großes kino",
        r"(?:herzlichen )?glückwunsch\b", r"gratul\w+", r"chapeau", r"respekt,",
        r"tolle[rs]? (?:service|laden|verein|leistung)", r"super service", r"meisterleistung", r"glanzleistung",
        r"wer hätte das gedacht", r"überraschung\b", r"applaus", r"lest ihr (?:überhaupt|eigentlich)",
        r"lesen sie (?:überhaupt|eigentlich)", r"arbeitet (?:bei euch|da|dort) (?:überhaupt|eigentlich)",
        r"zu viel verlangt", r"servicewüste", r"oscar", r"kann doch nicht so schwer", r"schlaft ihr", r"pennt ihr",
        r"hut ab",
    ),
    "ultimatum": _any(
        r"(?:final|last) (?:warning|chance|notice|reminder)",
        r"(?:or|otherwise|or else) (?:i'?ll|i will|i'm|i am|we will|we'll)",
        r"you have (?:until|24|48|\d+|one|two)",
        r"if (?:this|it|i|my \w+) (?:is|isn't|don't|do not|does)[^.!?]{0,60} (?:i will|i'll|i'm|i am)", r"demand\b",
        r"i (?:want|expect) my money (?:back )?(?:now|today|immediately)", r"right now\b", r"immediately\b",
        r"i want (?:a|your|to speak to (?:a|your)) (?:manager|supervisor|boss)\w*",
        r"letzte (?:warnung|chance|frist|mahnung|aufforderung)", r"(?:sonst|ansonsten|andernfalls)\b", r"frist\b",
        r"fordere\b", r"verlange\b", r"unverzüglich", r"sofort\b", r"auf der stelle", r"umgehend\b", r"chef\b",
        r"vorgesetzte\w*", r"geschäftsführ\w*",
    ),
    "icy": _any(
        r"i (?:trust|note|notice|see) (?:that )?(?:you|your|with)", r"i (?:must|am forced to) (?:assume|conclude)",
        r"i look forward to (?:hearing what|your excuse|learning)", r"apparently\b", r"evidently\b",
        r"your so-?called", r"so-?called\b", r"be so (?:kind|good) as to", r"spare me", r"enlighten me",
        r"with (?:great|growing|some) (?:astonishment|amazement|dismay)", r"i fail to (?:see|understand)",
        r"frankly\b", r"do me the courtesy",
        r"(?:mit )?(?:großem |wachsendem |einigem )?(?:befremden|erstaunen|verwunderung)\b",
        r"offen(?:bar|sichtlich)\b", r"anscheinend\b", r"ihr(?:e|em|en|er|es)? (?:so|soge)nannte\w*",
        r"sogenannte\w*", r"ich (?:nehme|stelle) (?:zur kenntnis|fest)", r"verschonen sie", r"ersparen sie",
        r"ersparen?\b", r"erklären sie mir (?:bitte )?(?:mal|einmal)", r"hätten sie (?:vielleicht )?die güte",
        r"belieben\b", r"textbaustein\w*", r"standardfloskel\w*", r"floskel\w*", r"ausreden?\b", r"vertröst\w*",
        r"hinhalte\w*", r"excuses?\b", r"fobbed off", r"copy[- ]?(?:and[- ]?)?paste\w*",
        r"canned (?:reply|response|answer)s?",
    ),
}

#: Signs that the feeling is kind or meant for someone else. They lower the score and are no evidence.
_SOOTHING: dict[str, re.Pattern[str]] = {
    "kind": _any(
        r"thank(?:s| you)\b(?! for nothing)", r"cheers\b", r"no (?:rush|hurry|worries|problem|biggie|stress)",
        r"whenever you", r"please\b", r"appreciate", r"could you", r"would you", r"sorry to bother",
        r"love (?:it|this|your|the)\b", r"happy with", r"kind regards", r"best wishes", r"ha(?:ha)+", r"lol\b",
        r"lmao\b", r"[:;]-?[)D]",
        r"danke\b(?! für nichts)", r"vielen dank", r"besten dank", r"kein (?:stress|ding|problem|thema)",
        r"keine eile", r"bitte\b", r"lieben? (?:gr[uü](?:ß|ss)|grü)\w*", r"lg\b", r"viele grüße",
        r"könnt(?:en sie|et ihr)\b", r"würd(?:en sie|et ihr)\b", r"freu\w*", r"hihi\b", r"hehe\b", r"geil\b", r"😂",
        r"😅", r"😊", r"🙂", r"😄", r"🤣", r"😉", r"❤", r"👍", r"🙏",
    ),
    "other_target": _any(
        r"courier", r"driver\b", r"delivery (?:guy|man|driver|company)", r"postman", r"parcel service",
        r"my (?:own )?(?:fault|mistake|bad|neighbou?r|landlord|boss|husband|wife|son|daughter|ex|dog|cat|bank|old)\b",
        r"i'm (?:an? |such an? )(?:idiot|moron|muppet|fool|clown)", r"i am (?:an? |such an? )(?:idiot|moron|fool)",
        r"me being", r"stupid me", r"kick(?:ing)? myself",
        r"angry (?:at|with) (?:myself|the courier|dhl|ups|hermes)", r"at myself", r"not your fault",
        r"nothing to do with you", r"not (?:mad|angry|blaming|annoyed) (?:at |with )?you",
        r"paketbot\w*", r"fahrer\w*", r"zustell\w+", r"post(?:bote\w*|mann)", r"dhl\b", r"hermes\b", r"ups\b",
        r"gls\b", r"dpd\b", r"mein (?:eigener )?(?:fehler|nachbar|chef|mann|sohn|hund|kater|vermieter)",
        r"meine (?:eigene |schuld|frau|tochter|bank|katze|dummheit)",
        r"ich (?:idiot|depp|trottel|esel|schussel|vollpfosten|dussel|blödmann|hirni|kuh)",
        r"bin (?:ich )?(?:selbst|selber) schuld", r"über mich (?:selbst|selber)?", r"selbst schuld",
        r"selber schuld", r"(?:nicht|nix|nichts) (?:gegen|mit) (?:euch|ihnen|sie)",
        r"(?:könnt|kann) ihr (?:ja )?nichts? (?:dafür|für)", r"können sie (?:ja )?nichts? (?:dafür|für)",
    ),
}

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_BANGS = re.compile(r"[!?]*(?:!!|!\?|\?!|\?\?)[!?]*")
_STRETCHED = re.compile(r"\b\w*?([a-zäöü])\1{3,}\w*", re.IGNORECASE)

NAMES = ("shouting", "exclamations", *_PATTERNS)
SOOTHING = tuple(_SOOTHING)


def find(text: str) -> tuple[Cue, ...]:
    """The cues in `text` (already `plain`): by voice, then by pattern; at most three phrases each."""
    cues = [Cue("shouting", shouted) for shouted in _shouted(text)]
    cues += [Cue("exclamations", match.group()[:5]) for match in list(_BANGS.finditer(text))[:1]]
    lowered = text.lower()
    # Some capitals have a lower case of two characters; then places no longer agree.
    written = text if len(text) == len(lowered) else lowered
    for name, pattern in _PATTERNS.items():
        phrases = dict.fromkeys(written[slice(*match.span())].strip() for match in pattern.finditer(lowered))
        cues += [Cue(name, phrase) for phrase in list(phrases)[:3]]
    return tuple(cues)


def soothing(text: str) -> tuple[int, ...]:
    """How often each of `SOOTHING` occurs in `text`, at most three times each."""
    lowered = text.lower()
    return tuple(min(3, len(pattern.findall(lowered))) for pattern in _SOOTHING.values())


def _shouted(text: str) -> list[str]:
    """The longest run of capitals, if it is a voice and not the name of a product or an abbreviation."""
    best: list[str] = []
    run: list[str] = []
    for word in [*_WORD.findall(text), "end"]:
        if word.isupper():
            run.append(word)
            continue
        best = max(best, run, key=lambda words: sum(map(len, words)))
        run = []
    words = [word for word in best if len(word) > 2]
    spoken = len(words) >= 3 and any(len(word) > 4 for word in words)
    return [" ".join(best)[:60]] if spoken else []
