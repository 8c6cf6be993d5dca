"""How danger to life or health is spoken of, and what only sounds like it: the patterns behind `danger.check`.

Each pattern begins at the start of a word. Extend them with a sentence in `tests/unit/test_danger.py` each, and a
harmless one beside it.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["poisoning", "fire", "electric_shock", "injury", "suicide"]

_HARMFUL_EN = (
    r"(?:bleach|detergent|cleaner|cleaning \w+|battery|batteries|button cell|magnets?|pills?|tablets|poison|"
    r"chemicals?|liquid|fluid|"
    r"capsules?|pods?|tabs?|silica|slug pellets|rat poison|pellets|medicine|medication|drugs?|glue|descaler|acid|paint|gel|refill|lamp oil|antifreeze)"
)
_HARMFUL_DE = (
    r"(?:reinig\w*|\w*reiniger|silica\w*|silikagel|schneckenkorn|rattengift|medikament\w*|waschmittel|\w*mittel|batterie\w*|knopf(?:zelle|batterie)\w*|magnet\w*|"
    r"tabletten?|gift\b|giftköder\w*|chemikalie\w*|flüssigkeit|entkalker\w*|säure|farbe|kleber|"
    r"spülmaschinentabs?|tabs?|pods?|lampenöl|putzmittel|bleiche|chlor\w*)"
)

SOURCES: dict[Kind, tuple[str, ...]] = {
    "suicide": (
        r"(?:will|möchte|mag|kann)(?: \w+){0,6} nicht mehr (?:weiter)?leben\b(?! (?:wir|ohne))", r"(?:writing|wrote|written|left) (?:my|a) (?:goodbye|suicide) (?:letter|note)",
        r"(?:thinking|think|thought|thoughts) (?:of|about) (?:killing|ending|hurting|harming|hanging|shooting|suicide|taking my)", r"don'?t want to be (?:here|alive|around)(?: any ?more)?\b(?! (?:when|at|on|for|with))",
        r"(?:what'?s|what is|there'?s no|no|see no) (?:the )?point (?:of|in|to) (?:living|life|going on|being alive)", r"might as well (?:be dead|die|kill|end)", r"(?:gun|knife|rope|noose|razor)\b[^.!?]{0,40}(?:on myself|to my (?:head|wrist)|around my neck)",
        r"(?:slit|cut|cutting|slash) my wrists?", r"life (?:has|makes) no (?:sense|meaning|point)", r"(?:i'?m|i am|i'?ll|going to) jump(?:ing)? (?:off|from|in front)", r"goodbye (?:cruel )?world", r"(?:writing|wrote|left) (?:my|a) (?:goodbye|suicide) (?:letter|note)",
        r"(?:tired|sick) of (?:living|life|being alive)", r"i (?:just |really )?(?:can'?t|cannot) (?:live|go on) (?:like this|any ?more|any longer)\b",
        r"(?:will|möchte|mag|wollte) (?:\w+ )?nicht mehr (?:hier|da|auf der welt|am leben) sein", r"wozu (?:noch |soll ich noch |eigentlich noch |überhaupt noch )?(?:weiter)?leben", r"(?:einen |den )?strick (?:nehmen|kaufen|drehen|um den hals)", r"(?:spring|springe|stürze mich|werf mich|werfe mich) (?:ich )?(?:\w+ ){0,3}(?:von der brücke|vom dach|vom balkon|vor (?:den|einen|die) (?:zug|s-?bahn|u-?bahn|bahn))",
        r"umzubringen\b", r"pulsadern", r"abschiedsbrief", r"lebensmüde\b", r"(?:das|mein) leben (?:ist|hat|macht) (?:\w+ )?(?:sinnlos|keinen sinn|nicht mehr lebenswert|nichts mehr)", r"(?:mach|mache|mach ich|setze|setz) (?:\w+ ){0,3}(?:allem |dem )?ein(?:em)? ende\b", r"von dieser welt (?:gehen|verschwinden)", r"(?:mir|mich) (?:\w+ )?(?:etwas|was) anzutun|tue mir (?:etwas|was) an|tu mir (?:etwas|was) an",
        r"(?:kill|hang|harm|hurting|shoot|drown) ?my ?self", r"(?:end|take) (?:my (?:own )?life|it all)\b",
        r"suicid(?:e|al)\b", r"ending (?:my (?:own )?life|it all)\b", r"su[iy]?s[iy]de\b",
        r"(?:don'?t|do not|can'?t|cannot) see (?:any|a) (?:reason|point) (?:to|in) (?:go on |keep )?liv(?:e|ing)\b",
        r"(?:want|wish|wanna)(?: to)? (?:be|was|were) dead\b", r"(?:nobody|no one) would (?:even )?miss me\b",
        r"(?:started |keep |been )?cutting myself (?:again|at night|every)", r"won'?t be (?:around|here|alive) (?:any ?more )?after (?:tonight|today)",
        r"(?:want|going) to (?:disappear|sleep) forever", r"overdose on\b",
        r"(?:want|wanna|going|ready|rather|better|wish) (?:to |i (?:was|were) |be |off )?(?:die|"
        r"dead)\b(?! (?:of|from) (?:laugh|embarrass|shame|curiosity))",
        r"(?:don'?t|do not|no longer|can'?t|cannot) (?:want to |wanna |go on )(?:live|liv(?:e|ing)|be alive|"
        r"exist|wake up)\b",
        r"no reason (?:left )?to live", r"(?:better off|happier) without me",
        r"jump (?:off|from|in front of) (?:a|the) (?:bridge|roof|train|building|balcony)",
        r"life (?:isn'?t|is not|is no longer) worth living", r"swallow (?:all|the whole|a bottle)[^.!?]{0,30}pills",
        r"(?:bringe?|brächte) (?:ich )?mich (?:noch )?um\b",
        r"mich (?:selbst |selber )?(?:um(?:zu)?bringen|umbringe|töten|zu töten|erhängen|aufhängen|ritzen)\b",
        r"(?:mir|meinem) (?:das |ein )?(?:leben (?:zu )?nehmen|ende (?:zu )?(?:setzen|bereiten)|leben ein ende)",
        r"su[iz]+[iz]d\w*", r"selbst(?:mord|tötung)(?:gedanken)?\b",
        r"(?:will|möchte|mag|kann) (?:so |einfach |am liebsten |auch )*(?:nicht mehr|nimmer) (?:leben|"
        r"weiterleben|da sein|aufwachen)",
        r"(?:will|möchte|wollte)(?: \w+){0,3} (?:sterben|tot sein)\b", r"lieber tot\b",
        r"leben hat (?:doch )?keinen sinn", r"ohne mich (?:\w+ ){0,3}besser dran", r"(?:keiner|niemand) würde mich vermissen", r"(?:sehe|seh|gibt) (?:\w+ ){0,2}keinen (?:grund|sinn) mehr (?:weiter)?(?:zu)?leben",
        r"keinen (?:grund|sinn) (?:mehr )?(?:weiterzuleben|zu leben)", r"(?:häng|hänge|erhänge|ritze|ritz|töte|vergifte) (?:ich )?mich (?:auf|wieder|selbst|heute|jetzt|dann)\b",
        r"(?:ritze|ritz) mich\b", r"(?:am liebsten|lieber|besser) (?:wäre|wär) ich (?:tot|nicht mehr da)", r"(?:wäre|wär) (?:ich )?(?:am liebsten|lieber|besser) tot\b",
        r"schluss mit (?:meinem|dem) leben", r"(?:leben|allem) (?:\w+ ){0,2}ein ende (?:setzen|machen|bereiten)",
        r"(?:spring\w*|werfe mich) (?:ich )?(?:von der brücke|vom dach|vor (?:den|einen) zug|aus dem fenster)",
        r"sterben will\b",
    ),
    "poisoning": (
        r"dizzy\b[^.!?]{0,30}headaches?|headaches?[^.!?]{0,30}dizzy", r"schwind(?:e)?lig\b[^.!?]{0,30}kopfschmerzen|kopfschmerzen[^.!?]{0,30}schwind", r"foaming\b|schaum vor dem mund|schaum vorm mund",
        rf"{_HARMFUL_EN}[^.!?]{{0,25}} in (?:his|her|their|my|its) mouth", rf"(?:son|daughter|baby|kid|child|toddler|boy|girl|cat|dog)\b[^.!?]{{0,30}}(?:open|empty) (?:bottle|pack|box) of [^.!?]{{0,15}}{_HARMFUL_EN}",
        r"(?:mixed|mixing|combined) [^.!?]{0,30}(?:cleaners?|bleach|chemicals?|products)[^.!?]{0,60}(?:burn|faint|dizzy|cough|breath|sick|eyes)\w*", r"(?:feel|feeling|felt|been|got|am|is) (?:\w+ ){0,2}(?:sick|nauseous|faint|dizzy|ill) (?:since|after|from) (?:\w+ ){0,2}(?:us(?:ed|ing)|inhal\w+|breath\w+|eating|ate|drinking|drank|spray\w*|the fumes|your \w+ (?:spray|cleaner))",
        r"leak(?:s|ing) gas\b", r"gas (?:is )?(?:leak|leaking|escaping|coming out)", r"(?:lips|face) (?:are |is |have |has )?(?:turned |gone |going |turning |all )?(?:blue|red|swollen|swelling)\b", r"(?:vomiting|throwing up|foaming) (?:since|after|blood|from|at the mouth)", r"poison control", r"hard to breathe",
        rf"{_HARMFUL_DE} [^.!?]{{0,20}}im mund\b", rf"(?:kind|baby|sohn|tochter|kleine[nr]?|hund|katze)\b[^.!?]{{0,30}}(?:offenen?|leeren?) (?:flasche|packung|dose) {_HARMFUL_DE}", r"(?:gemischt|vermischt)[^.!?]{0,40}(?:brennen|schwindlig|schwindelig|husten|luft|übel)", r"(?:seit|nachdem|nach) [^.!?]{0,50}(?:total |so |richtig |furchtbar |ganz )?(?:übel|schwindlig|schwindelig|schlecht geworden|kotzübel)\b",
        r"(?:krieg|kriege|bekomme|bekomm) (?:ich )?(?:\w+ )?(?:schlecht|schwer|kaum|keine) luft", r"gas (?:aus(?:tritt|strömt)?|tritt aus|strömt|leck)\b", r"strömt gas", r"(?:lippen|gesicht) (?:sind |ist |werden |wird )?(?:\w+ )?(?:blau|rot|geschwollen)\b", r"(?:erbricht|übergibt sich|bricht blut|hat erbrochen)", r"(?:frostschutz\w*|abflussreiniger|rohrreiniger|batterie\w*|tablette\w*) (?:\w+ ){0,3}(?:geleckt|getrunken|gegessen|verschluckt|geschluckt)", r"giftnotruf\b",
        r"poison(?:ed|ing)\b(?! (?:ivy|apple|pen))",
        rf"(?:sw[ao]ll?ow(?:ed|s|ing)|drank|drunk|ate|eaten|ingested|licked|inhaled|sipped|chewed(?: on| up)?) [^.!?]{{0,40}}?{_HARMFUL_EN}",
        rf"{_HARMFUL_EN} [^.!?]{{0,30}}?(?:was|were|been|got) (?:swallowed|ingested|inhaled|eaten)",
        r"(?:son|daughter|baby|kid|child|toddler|dog|cat|he|she|boy|girl|\w+ year[- ]old|nan|mum|mom|dad)\b[^.!?]{0,30}\b(?:sw[ao]ll?owed|drank|ate)\b(?! (?:dinner|lunch|breakfast|the (?:cake|pizza|food)|all the|it all|my (?:label|return)|the return|everything))[^.!?]{0,40}(?:bottle|box|tab|bead|coin|screw|part|piece|button)",
        rf"{_HARMFUL_EN} (?:\w+ )?in (?:my|his|her) (?:mouth|eyes?|nose)[^.!?]{{0,30}}(?:burn|hurt|sting|swallow|see)\w*",
        r"(?:took|taken) (?:\w+ ){0,2}(?:whole|entire|all|too many|\d\d) (?:\w+ ){0,3}(?:pills|tablets|capsules|pack|packet|box)",
        r"dizzy and (?:have|has|had|got) headaches?", r"food poisoning", r"throat (?:is |keeps )?(?:closing|tight)\w*", r"allergic (?:shock|reaction)[^.!?]{0,30}(?:throat|tongue|breath|swell|swollen|face|lips)",
        r"(?:co|carbon monoxide) (?:alarm|detector)\w*[^.!?]{0,20}(?:stop|beep|going off|went off|ring)\w*",
        r"overdos(?:e|ed)\b(?! of (?:glitter|sugar|cute|colou?r|pink|coffee|emails?|newsletters?|ads))", r"carbon monoxide (?:alarm|poison\w*|leak|detector (?:is|went|keeps) \w+)",
        r"(?:smell(?:s|ing)? (?:of )?gas|gas leak)\b",
        r"(?:breath(?:ed|ing)|inhaled) (?:in )?(?:the )?(?:fumes|smoke|gas|vapou?rs?)",
        r"(?:can'?t|cannot|struggling to|hard to|trouble|difficulty) breath(?:e|ing)\b", r"anaphyla\w+",
        r"(?:throat|tongue|face|lips) (?:is|are) swell\w*",
        r"(?:lebensmittel)?vergift(?:et|ung)\w*",
        rf"{_HARMFUL_DE}[^.!]{{0,40}}?(?:kind|baby|sohn|tochter|hund|katze) hat (?:es|sie|ihn|das|davon|die) (?:\w+ )?(?:gegessen|geschluckt|verschluckt|getrunken|gefressen)",
        rf"(?:kind|baby|sohn|tochter|hund|katze|oma|opa|mann|frau|mutter|vater) hat [^.!?]{{0,30}}?{_HARMFUL_DE} [^.!?]{{0,20}}?(?:gegessen|gefressen|geschluckt|verschluckt|getrunken|geleckt|genommen)",
        rf"ganze (?:packung|schachtel|dose|flasche) (?:\w+ )?{_HARMFUL_DE} (?:\w+ )?(?:genommen|geschluckt|getrunken|gegessen)", r"hals schwillt", r"sterben\? mein kind",
        rf"{_HARMFUL_DE} [^.!?]{{0,30}}?(?:ver|ge)?(?:schluckt|trunken|gessen|geatmet|leckt)\b",
        rf"(?:ver)?schluckt\w* [^.!?]{{0,30}}?{_HARMFUL_DE}", rf"trank [^.!?]{{0,30}}?{_HARMFUL_DE}", r"überdosis\b(?! (?:glitzer|zucker|kaffee|rosa|glück|werbung|newsletter|farbe|liebe))",
        r"(?:kohlenmonoxid|co)[- ]?(?:melder|warner|alarm|vergiftung)\w* (?:piept|schlägt|geht|hat)",
        r"kohlenmonoxid", r"(?:riecht|stinkt) (?:\w+ ){0,3}nach gas\b", r"gasgeruch|gasleck",
        r"(?:dämpfe|rauch|gas) eingeatmet",
        r"(?:bekomm\w*|krieg\w*|kriegt) (?:\w+ ){0,2}(?:kaum |keine )(?:noch )?luft", r"atemnot",
        r"kann (?:kaum|nicht)(?: mehr)? atmen", r"allergische[rn]? schock",
        r"(?:zunge|hals|lippen|gesicht) schw(?:illt|ellen)\b",
    ),
    "electric_shock": (
        r"is live\b[^.!?]{0,25}(?:current|shock|electr|tingl)\w*",
        r"shocked by (?:the|your|a|my|this) (?:\w+ )?(?:washing machine|machine|fridge|lamp|oven|dryer|toaster|kettle|heater|socket|plug|cable|device|charger|dishwasher|cooker|stove|microwave|switch|wire)", r"(?:gives?|gave|giving) (?:you|me|us|him|her|people|everyone) (?:a|an|small|little|mild|nasty|big) (?:\w+ )?shocks?\b(?! (?:when (?:i|you) s(?:aw|ee)|at|to see|how))", r"(?:frayed|damaged|cut|chewed) (?:\w+ )?(?:cable|cord|wire)[^.!?]{0,40}(?:shock|spark|electr|zap)\w*", r"(?:arm|hand|fingers?) (?:\w+ ){0,3}(?:tingl\w+|numb)\b",
        r"(?:mir|ihm|ihr|uns) eine gewischt", r"(?:einen|nen|n) (?:leichten |starken |heftigen |kräftigen |elektrischen )?schlag (?:bekommen|gekriegt|gekricht|verpasst|abbekommen|gekommen|gegeben|versetzt)", r"(?:arm|hand|finger) (?:\w+ ){0,2}(?:kribbelt|kribbeln|taub)\b",
        r"electrocut\w+", r"electric(?:al)? shocks?\b",
        r"(?:got|get|getting|gave|gives|giving|received|have had|felt|had) (?:\w+ ){0,3}(?:a |"
        r"an )?(?:\w+ )?shocks? (?:from|off|when|while|touching|every time|whenever)",
        r"(?:gave|gives|giving) (?:me|him|her|us|my \w+) (?:a|an|some) (?:\w+ )?shock\b(?! (?:to|when i saw|how|"
        r"seeing|at|by|absorber))",
        r"(?:shocked|zapped) (?:me|him|her|my \w+)(?! with)[^.!?]{0,30}(?:touch|plug|switch|cable|charger|socket|hand)",
        r"(?:got|was|been) (?:shocked|zapped) (?:when|while|as) (?:i|he|she|we) (?:touch|plug|switch|unplug|turn)\w*",
        r"(?:got|was|been|gets?) (?:shocked|zapped) by the (?:charger|cable|plug|socket|lamp|device|power|"
        r"kettle|toaster|wire|adapter)",
        r"(?:bare |exposed )?live wires?\b", r"casing (?:\w+ ){0,4}is live\b", r"(?:bare|exposed) wires?\b", r"(?:got|been|was) zapped\b",
        r"strom(?:schlag|schläge|stoß|unfall)\w*", r"elektroschock\w*",
        r"(?:einen?|eine) gewischt (?:bekommen|gekriegt)", r"elektrisch\w* schl(?:a|ä)g\w*", r"unter strom\b",
        r"(?:steht|stehen|stand) (?:\w+ ){0,2}unter (?:strom|spannung)", r"(?:angefasst|gefasst|berührt|eingesteckt|angelangt)[^.!?]{0,25} (?:eine[nr]? )?(?:schlag|gewischt) (?:bekommen|gekriegt)", r"blanke (?:drähte|kabel|leitung)", r"stromführend\w*",
    ),
    "fire": (
        r"kommt (?:\w+ ){0,2}(?:rauch|qualm)\b", r"(?:wall|cloud|lots|plumes?) of (?:black |thick )?smoke",
        r"(?:toaster|oven|charger|battery|phone|dryer|washer|heater|kettle|lamp|lights?|socket|plug|stove|kitchen|house|bike|scooter|hoverboard|cable|sofa|carpet|bed|curtains?|tv|laptop|fridge|machine) (?:\w+ ){0,3}(?:on fire|caught alight|catch(?:ing|es)? alight|ablaze|alight|is burning|started burning)\b", r"caught alight", r"(?:burn(?:ed|t)|melted|scorched) (?:a )?holes? (?:in|into|through)", r"(?:charger|plug|socket|cable|adapter|lamp|battery|device|kettle|toaster|cord)\w* (?:\w+ ){0,3}(?:melt|melts|melted|melting|sparks|sparked|scorched|charred)\b", r"burning smell", r"sparks? (?:from|out|inside|and smoke)",
        r"(?:toaster|mikrowelle|geschirrspüler|spülmaschine|auto|dachstuhl|garage|keller|herd|ofen|backofen|ladegerät|akku|handy|trockner|waschmaschine|heizung|lampe|lichterkette|steckdose|stecker|küche|haus|wohnung|roller|kabel|ladekabel|sofa|teppich|bett|fernseher|laptop|kühlschrank|maschine|kerze am vorhang|vorhang|heizkissen)\w* (?:\w+ ){0,3}(?:brennt|brennen|brannte|lodert|qualmt|geschmolzen|schmelzen|schmilzt|entzündet|abgefackelt|angekokelt|verschmort)\b(?! (?:nicht|kaum|zu (?:hell|dunkel)|dauerhaft|sehr hell|nur|die ganze nacht|lampe))", r"(?:hat|haben) sich entzündet\b(?= ?[.!?,]|$)", r"loch in[s]? (?:\w+ )?\w+ (?:gebrannt|geschmort)", r"feuer im|feuer in der|feuer!|hilfe,? (?:es brennt|feuer)", r"brand (?:ausgelöst|verursacht|ausgebrochen|gelöscht)",
        r"(?:caught|catch(?:es|ing)?|is on|are on|went on|was on|set) (?:\w+ ){0,2}(?:fire|flames)\b(?! (?:sale|"
        r"tv|stick|lately|right now in sales))",
        r"(?:house|kitchen|flat|room|device|battery|charger|cable|phone|laptop|bike|scooter|plug|socket|lamp|"
        r"oven|toaster|kettle|sofa|curtains?) (?:is |are |was |has |just |started |keeps? |"
        r"started to )*(?:burning|burnt down|burned|smoking|exploded|explod\w+|melt(?:ed|ing)?|sparking|"
        r"in flames|up in (?:flames|smoke))\b",
        r"(?:burst|went up|goes up) in(?:to)? (?:flames|smoke)",
        r"there(?:'s| is| was) (?:a |an )?(?:\w+ )?(?:fire|smoke|flames|burning smell)\b(?! (?:sale|alarm in|tv|"
        r"detector|stick|pit))",
        r"smoke (?:is )?(?:coming|pouring|billowing)", r"flames (?:are |were )?(?:coming|shooting|out of)", r"set (?:\w+ ){1,4}on fire\b",
        r"battery (?:\w+ ){0,3}swell(?:ing|s|ed)?\b", r"battery (?:is |has |was )?(?:swollen|bulging)", r"started smoking\b",
        r"(?:burned|burnt) down\b", r"(?:burning|burnt) smell",
        r"smells? (?:like |of )?(?:burning|burnt plastic|smoke)",
        r"(?:battery|charger|device|phone|glass|oven|cooker|it) (?:has |just )?exploded\b(?! (?:in (?:popularity|price|sales)|on (?:twitter|social|tiktok)))",
        r"sparks? (?:are )?(?:coming|flying|flew|out of)", r"call(?:ed)? the fire (?:brigade|department|service)",
        r"(?:qualmte?|explodierte?|schmorte?|kokelte?)\b", r"(?:brennt|brannte|raucht|funkt|funken sprüh\w*)(?: (?:gerade|"
        r"ab|jetzt|noch))?(?= ?[.,!?]|$| und| aus| im| in der| bei)(?! (?:auf der seele|unter den nägeln))",
        r"(?:steht|stand|stehen|geht|ging|ist) (?:\w+ ){0,2}in flammen", r"feuer gefangen",
        r"(?:fing|fängt|hat) (?:\w+ ){0,3}(?:an zu brennen|feuer (?:an|gefangen)|gebrannt)", r"in brand\b",
        r"abgebrannt\b", r"brandgeruch",
        r"(?:riecht|stinkt|roch) (?:\w+ ){0,2}(?:verbrannt|verschmort|nach (?:rauch|verbrannt\w*|verschmort\w*|brand))",
        r"(?:akku|gerät|ladegerät|batterie|handy|stecker|kabel|netzteil) (?:ist |hat )?(?:\w+ )?(?:explodiert|"
        r"geschmort|geschmolzen|gebrannt)",
        r"rauch (?:kommt|steigt|quillt|aus)", r"es brennt\b(?! (?:mir|uns|nicht an))",
        r"feuerwehr (?:gerufen|war|kommt|musste|rufen)",
        r"flammen (?:schlagen|kommen|aus)", r"schlagen flammen", r"(?:sprühen|fliegen|schlagen) funken", r"akku\w* (?:bläht|blähte|schwillt|wölbt)\w*", r"\w*akku (?:bläht|ist aufgebläht)", r"angefangen zu (?:brennen|qualmen|rauchen|schmoren|kokeln)", r"(?:ge)?kokelt\b", r"glühend heiß",
        r"funken (?:sprühen|fliegen|schlagen|geschlagen|gesprüht|kommen)",
    ),
    "injury": (
        r"arter(?:y|ies)\b|pulsader|schlagader", r"blood (?:is )?(?:spurting|gushing|pouring)|blut (?:spritzt|läuft|strömt|tropft)", r"(?:hand|finger|arm|fuß|bein|kopf)\w* steckt [^.!?]{0,25}(?:fest|drin)",
        r"(?:fell|fallen|slipped|tripped|collapsed|knocked)\b[^.!?]{0,50}(?:can'?t|cannot|unable to|doesn'?t|not) (?:get up|move|walk|stand|feel|see)", r"(?:eye|eyes)\b[^.!?]{0,40}(?:can'?t|cannot) see", r"(?:so much|lots of|a lot of|lot of|losing) blood\b", r"(?:my|his|her|husband'?s|wife'?s|son'?s|daughter'?s|mum'?s|dad'?s|child'?s) (?:arm|leg|wrist|ankle|nose|hip|rib|finger|foot|hand|collarbone) (?:is|was|got|looks) (?:probably |badly |now )?(?:broken|fractured)", r"(?:has|got|have|with|full of) (?:\w+ )?(?:blisters|burns)\b", r"(?:hot|boiling) (?:\w+ ){0,2}(?:spilled|spilt|poured|splashed) (?:over|on) (?:\w+ )?(?:me|him|her|girl|boy|son|daughter|baby|child|\w+ (?:girl|boy|son|daughter))", r"(?:cut|hurt|injured|burned|burnt|scalded) (?:myself|himself|herself)\b(?! (?:some|a (?:slice|piece|deal)))", r"(?:hit|struck) (?:\w+ ){0,4}(?:on|in) (?:the|his|her|my) (?:head|eye|face)", r"seizure\b|convuls\w+", r"concussion", r"(?:need|needs|needed) (?:\w+ )?stitches",
        r"gefallen [^.!?]{0,30}(?:kommt|kann|steht) (?:\w+ )?(?:nicht|nimmer) (?:mehr )?(?:hoch|auf|aufstehen|laufen|bewegen)", r"(?:voller|überall|so viel|viel) blut\b", r"(?:seh|sehe|sieht) (?:\w+ )?nichts mehr", r"brandblasen", r"(?:kochende[snr]?|heiße[snr]?) (?:\w+ ){0,3}(?:verschüttet|gekippt|geschüttet|übergossen)", r"(?:über|auf) (?:meine[nr]?|unsere[nr]?|das|den|die) (?:\w+ )?(?:tochter|sohn|kind|baby|arm|bein) (?:gekippt|gelaufen|geschüttet|geflossen)", r"(?:ins|in das) auge (?:geschossen|geflogen|gesprungen|gestochen|gekriegt)", r"(?:platzwunde|gehirnerschütterung|krampfanfall|genäht werden|knochenbruch)\b", r"(?:hand|finger|arm|bein|daumen) (?:\w+ ){0,2}(?:aufgeschlitzt|aufgeschnitten|abgeschnitten)",
        r"(?:bleeding|bled) (?:heavily|badly|a lot|profusely|from|everywhere|won'?t stop)", r"is bleeding\b",
        r"(?:won'?t|doesn'?t|not) stop bleeding",
        r"(?:burn(?:ed|t)|cut|injured|hurt|scalded|broke|fractured|crushed|sliced|gashed) (?:\w+ )?(?:my|"
        r"his|her|our|their) (?:\w+ ){0,2}(?:hands?|fingers?|arms?|legs?|foot|feet|face|eyes?|back|head|skin|"
        r"wrists?|toes?|neck|mouth|thumb|son|daughter|child|baby|kid|dog|cat)\b",
        r"(?:got|was|been|were|is|are|badly|seriously|severely) (?:\w+ )?(?:injured|hurt|burn(?:ed|t)|"
        r"scalded) (?:by|from|when|because|while|using|badly|on)",
        r"(?:seriously|badly|severely) (?:injured|hurt|burn(?:ed|t))",
        r"(?:went|going|gone|go|rushed|taken|took|brought|ended up|sitting|waiting|i'?m|we'?re|is|are|was) (?:\w+ ){0,3}(?:(?:to|in|at) )?(?:the emergency room|the er|emergency room|a&e)\b(?! deliver)",
        r"(?:rushed|taken|took|brought|drove|admitted|ended up|had to go|went) (?:\w+ ){0,3}(?:to|in|into) (?:the )?hospital\b",
        r"in (?:the )?hospital (?:\w+ )?(?:because|due|after|from|with|since|now because)\b", r"(?:call|called|calling|need|needs|get|send) (?:\w+ )?(?:an )?ambulance\b", r"ambulance (?:came|had to|took|is on)",
        r"blood everywhere", r"(?:cut|sliced|chopped|ripped|tore) (?:off|open) (?:\w+ ){0,4}(?:finger|thumb|toe|hand|skin)\w*", r"(?:finger|thumb|hand|arm|leg|head|foot)\w* (?:is |got |are )?(?:trapped|stuck|jammed|crushed)\b",
        r"(?:not|won'?t|isn'?t) wak(?:e|ing) up", r"on the (?:floor|ground)[^.!?]{0,20}(?:can'?t|cannot|not|doesn'?t) (?:move|get up|moving)", r"chest pains?\b", r"(?:cleaner|bleach|acid|glue|chemical\w*) (?:\w+ )?in (?:my|his|her|the) eyes?",
        r"(?:skin|flesh) (?:is )?(?:coming|peeling) off", r"can'?t feel (?:my|his|her) (?:arm|leg|hand|fingers?)",
        r"(?:is |are |was |fell |passed out|went |lying )(?:unconscious|unresponsive)", r"not breathing\b",
        r"(?:(?:he|she|baby|son|daughter|kid|child|toddler)(?:'s| is| was)?|i'?m|nearly|almost) (?:nearly |almost )?chok(?:ing|ed)\b", r"heart attack(?! when i saw| at the price| looking)",
        r"broken (?:arm|leg|wrist|ankle|nose|finger|hip)\b",
        r"(?:chemical|second[- ]degree|third[- ]degree|severe) burns?\b", r"splashed (?:in|into) (?:\w+ )?eyes?",
        r"in (?:my|his|her) eyes?\b[^.!?]{0,20}(?:burn|hurt|sting)\w*",
        r"blutet (?:stark|heftig|sehr|wie|noch|nicht auf|überall|am|aus)", r"blute (?:stark|heftig|sehr|wie)",
        r"hört nicht auf zu bluten", r"verletzt (?:worden|durch|weil|hat|wurde|sich|,|\.|!)",
        r"(?:mich|sich|mir|schwer|stark|am \w+|an der \w+|kind|sohn|tochter) (?:\w+ ){0,4}(?:verletzt|verbrannt|"
        r"verbrüht|verätzt)\b",
        r"(?:finger|hand|arm|bein|fuß|gesicht|auge|daumen) (?:\w+ ){0,3}(?:verbrannt|verbrüht|verätzt|"
        r"geschnitten|aufgeschnitten|abgetrennt|gequetscht|eingeklemmt|zerquetscht)",
        r"(?:in den|in die|tief|mir|sich) (?:\w+ ){0,3}(?:finger|hand|arm|daumen) geschnitten", r"verätzung\w*",
        r"verbrennung(?:en)? (?:an|am|auf|im|zweiten|dritten|ersten|zugezogen|davongetragen)", r"(?:in der|in die|zur) notaufnahme\b(?! (?:liefern|schicken))",
        r"notarzt", r"(?:kranken|rettungs)wagen (?:gerufen|rufen|kam|kommt|musste|geholt|unterwegs)", r"(?:ins|in ein) krankenhaus\b(?! (?:liefern|schicken|geliefert|senden))",
        r"im krankenhaus\b[^.!?]{0,10}(?:wegen|weil|nach|seit|behandelt|gelandet)", r"(?:liege|liegt|landete|gelandet|war|bin|ist) (?:\w+ ){0,3}(?:wegen|nach|durch) (?:\w+ ){1,4}im krankenhaus",
        r"überall (?:ist )?blut\b", r"fingerkuppe", r"(?:wacht|wache) (?:\w+ )?nicht (?:mehr )?auf\b", r"am boden und kann sich nicht", r"(?:steckt|klemmt) (?:\w+ ){0,4}fest und (?:wir |ich )?(?:krieg|bekomm)\w* (?:ihn|sie|es) nicht",
        r"schmerzen in der brust", r"brustschmerzen", r"\w*(?:reiniger|säure|bleiche|kleber|chlor)\w* (?:\w+ )?in (?:den|die|meinen?|seinen?|ihren?) augen?\b", r"bewusstlos\w*",
        r"ohnmächtig geworden", r"atmet nicht", r"erstick(?:t|en)\b(?! in)", r"(?:fast|beinahe) erstickt",
        r"herzinfarkt(?! bekommen als ich| beim preis)",
        r"(?:mir|dir|sich|ihm|meine[nr]?|seine[nr]?) (?:\w+ ){0,4}(?:arm|bein|handgelenk|nase|finger|fuß|rippe|hüfte)n? (?:\w+ ){0,2}gebrochen",
        r"(?:mein|sein) (?:arm|bein|handgelenk|finger|fuß) (?:ist |scheint )?gebrochen",
        r"ins auge (?:gespritzt|bekommen|gekommen|geraten)", r"verschluckt\b[^.!?]{0,20}(?:kind|baby|teil)",
        r"(?:kind|baby|sohn|tochter|hund|katze)[^.!?]{0,40}verschluckt",
    ),
}

#: Ways of speaking that only sound like danger, taken out before looking.
FIGURES = re.compile(
    r"(?<!\w)(?:suicide mission|selbstmordkommando\w*|(?:hurt|wounded) (?:by (?:the way|your (?:words|tone|message|email|reply)|what|how|that)|my feelings)|"
    r"(?:can'?t|cannot) breathe in (?:these|this|those|the|it|my)\b(?: \w+)?|in (?:der|dieser|den|dem|diesem|meiner) \w+ (?:bekomm|krieg)\w* (?:ich |man )?keine luft|"
    r"(?:prei[sc]e?\w*|kosten|gebühren|postfach|miete\w*|rechnung\w*|zahlen|nachfrage|inbox|prices?|costs?|sales|bills?|rents?) (?:ist |sind |has |have |just )?explod(?:ed|iert)\w*(?: von \w+)?|mein postfach explodiert|"
    r"(?:ich|wir|du|er) (?:steh\w*|war|bin|sind|ist) (?:\w+ ){0,3}unter (?:strom|spannung)|steh (?:\w+ ){0,2}unter strom|"
    r"(?:ton|worte?|art|mitarbeiter\w*|verhalten|antwort|nachricht) (?:hat|haben|hatte) mich (?:\w+ )?verletzt|fühle? mich (?:\w+ ){0,5}verletzt|gefühle (?:\w+ )?verletzt|"
    r"ambulance toy|toy ambulance|krankenwagen von \w+|(?:in|ins|im|to|for) (?:a |the |my |an |das |unser |ihr )?hospital (?:bag|bed|gown)s?|"
    r"bring (?:ich )?euch um|business (?:is )?bleeding|(?:dass )?es nur so raucht|ersticke[n]? in (?:arbeit|kartons|mails)|rather (?:die|be dead) than|lieber sterben als|fire ?(?:sale|tv|stick|works?)\w*|amazon fire\w*|on fire (?:lately|today|this week|🔥)|kill(?:er|"
    r"ing) (?:deal|offer|price|feature|it)|heiße (?:ware|teile)|brandneu\w*|"
    r"(?:brandheiß|feuerfest|brennend interess)\w*|(?:sticker|price|culture|bill) shock\w*|shock(?:ed|"
    r"ing)? (?:by|at|about|to (?:see|hear|find|read)) (?:the|your|how|that|such)(?! (?:cable|plug|charger|"
    r"socket|wire|(?:\w+ )?(?:machine|fridge|lamp|oven|dryer|toaster|kettle|heater|device|dishwasher|cooker|stove|microwave|switch)))[^.!?]{0,30}|"
    r"dying (?:to|of (?:laughter|curiosity|boredom))|die of (?:laughter|boredom|shame)|(?:bored|"
    r"scared) to death|preis ?schock\w*|burning question|burn(?:ing|t|ed)? (?:a |the )?(?:cd|dvd|calories|"
    r"bridges)|gift ?cards?|gift ?(?:vouchers?|wrap\w*|box\w*)|"
    r"(?:unter|vor) strom stehen sie|todsicher|todschick|zum totlachen|lachen (?:gestorben|sterben)|"
    r"vor (?:scham|lachen|langeweile) (?:ge)?st[eo]rben|brennt mir auf der seele|brennt mir unter den nägeln|"
    r"verbrannt(?:es)? geld|suicide squad|"
    r"bath ?bombs?|bomb\w*|schock(?:iert)? (?:über|vom) \w+|smoking (?:jacket|area|hot)|rauchmelder\w*|(?:smoke|"
    r"fire|carbon monoxide|co) (?:detectors?|alarms?|extinguishers?)(?! (?:is|are|was|went|goes|keeps|won'?t|piept|"
    r"ringing|beep))|"
    r"feuerlöscher|pflaster für|erste[- ]hilfe[- ](?:set|kasten|koffer)|verbandskasten|first[- ]aid kits?|"
    r"arm und bein|an arm and a leg|broke the bank|heartbroken|herzblut|blutet mir das herz|my heart bleeds|"
    r"mein herz blutet)",
    re.IGNORECASE,
)
