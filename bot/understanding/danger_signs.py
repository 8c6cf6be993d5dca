"""Danger told in other words than the patterns know: signs that together, in one sentence, mean harm.

"The puppy chewed the battery": neither word is dangerous, both are. Entries are written as in `anger_words`.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from bot.understanding.anger_words import Lexicon, tokens
from bot.understanding.danger_patterns import Kind

_SIGNS = Lexicon(
    {
        "ingest": """
            swallow*|swollow*|drank|drunk|ate|eaten|ingest*|chewed|chewing|chewed on|licked|inhaled|inhaling|breathed in|breathing in|
            breathing fumes|sipped|took all|taken all|took the whole|taken too many|took too many|in his mouth|in her mouth|in my mouth|
            verschluckt*|geschluckt|schluckte|getrunken|trank|gegessen|gefressen|gekaut|geleckt|eingeatmet|einatmet|genommen|im mund|genascht
        """,
        "harm": """
            battery|batteries|button cell*|magnet|magnets|bleach|detergent|cleaner|cleaners|descaler|drain cleaner|pill|pills|tablets|
            sleeping pills|medicine|medication|silica*|antifreeze|varnish|thinner|paint thinner|turpentine|white spirit|acid|glue|
            lamp oil|petrol|gasoline|chlorine|chemical*|poison|rat poison|slug pellets|pesticide*|dishwasher tab*|laundry pod*|fumes|
            batterie|batterien|knopfzelle*|knopfbatterie*|magnet*|bleiche|waschmittel|reiniger|backofenreiniger|toilettenreiniger|wc reiniger|glasreiniger|abflussreiniger|rohrreiniger|
            entkalker|tablette*|schlaftablette*|herztablette*|pille|pillen|medikament*|silicagel|silikagel|frostschutz*|lack|
            verduenner|terpentin|spiritus|saeure|kleber|lampenoel|benzin|chlor*|chemikalie*|gift|rattengift|schneckenkorn|
            spuelmaschinentab*|putzmittel|daempfe
        """,
        "small": "small part|small piece|piece of|part of the toy|a bead|beads|a coin|a screw|a marble|ein teil|teil vom spielzeug|kleinteil*|perle|muenze|schraube|murmel",
        "victim": """
            baby|toddler|infant|child|kid|son|daughter|boy|girl|little brother|little sister|grandson|granddaughter|puppy|dog|cat|kitten|
            grandma|grandpa|nan|mother|father|mum|mom|dad|husband|wife|year old|yr old|
            saeugling|kind|kleinkind|kleiner|kleine|sohn|tochter|junge|maedchen|bruder|schwester|enkel*|welpe|hund|katze|kater|
            oma|opa|mutter|vater|mama|papa|mann|frau|jaehrige*
        """,
        "symptom": """
            throwing up|vomit*|unconscious|unresponsive|fainted|passed out|collapsed|not breathing|choking|convuls*|seizure|blisters|
            bleeding|bled|blood|bloody nose|dizzy|faint|foaming|turning blue|lips are blue|can't breathe|cant breathe|can't move|cant move|
            can't get up|cant get up|not waking up|erbricht|bricht|uebergibt|bewusstlos*|ohnmaechtig|umgekippt|kollabiert|wuergt|
            krampft|krampfanfall|brandblasen|blutet|blutend|blut|schwindlig|schwindelig|ringt nach luft|keine luft|atmet nicht|
            bewegt sich nicht|wacht nicht auf|steht nicht auf
        """,
        "hurt": """
            crushed|scalded|torn open|tore open|ripped open|cut open|sliced|gashed|fractured|squashed|impaled|burned badly|burnt badly|
            gequetscht|zerquetscht|eingequetscht|eingeklemmt|verbrueht|veraetzt|aufgerissen|aufgeschlitzt|aufgeschnitten|abgetrennt
        """,
        "body": """
            finger|fingers|thumb|hand|hands|arm|arms|leg|legs|foot|feet|toe|toes|head|face|cheek|eye|eyes|lip|neck|skin|knee|ankle|wrist|
            haende|arme|bein|beine|fuss|fuesse|zeh|zehen|kopf|gesicht|wange|auge|augen|lippe|hals|haut|knie|knoechel|handgelenk|daumen
        """,
        "fell": "fell|slipped|tripped|hit his head|hit her head|hit my head|crashed|gestuerzt|gefallen|ausgerutscht|umgestuerzt|gekracht",
        "device": """
            microwave|toaster|oven|stove|cooker|hob|kettle|dryer|washer|washing machine|dishwasher|fridge|freezer|heater|radiator|lamp|
            charger|adapter|adaptor|power bank|powerbank|battery pack|battery|phone|laptop|tv|plug|socket|cable|cord|curtain*|
            carpet|sofa|kitchen|balcony|garage|hoverboard|scooter|e bike|ebike|hair dryer|iron|fan|grill|
            mikrowelle|herd|ofen|backofen|wasserkocher|trockner|waschmaschine|spuelmaschine|kuehlschrank|heizung|heizkoerper|
            heizluefter|lampe|ladegeraet|ladekabel|netzteil|adapter|akku|handy|fernseher|stecker|steckdose|kabel|vorhang|teppich|
            kueche|balkon|keller|roller|foehn|buegeleisen|ventilator|mehrfachsteckdose
        """,
        "burning": """
            on fire|in flames|flames|is burning|started burning|set alight|alight|ablaze|blew up|blown up|exploded|burst|caught fire|
            in flammen|flammen|feuer fing|fing feuer|feuer gefangen|um die ohren geflogen|explodiert|abgefackelt|lodert|hochgegangen
        """,
        "current": """
            electrocut*|electric shock|electric current|strong current|current go through|current went through|a shock off|zapped|
            elektrisier*|stromschlag*|strom abgekriegt|strom abbekommen|strom bekommen|unter strom|eine gewischt|elektroschock*
        """,
        "touch": "touch|touches|touched|touching|anfasst|angefasst|fasst|gefasst|beruehr*|anlangt",
        "life": "alive|life|leben|weiterleben|weiterzuleben|weitermachen|dasein",
        "pointless": """
            no reason|no reason to|no point|no sense|don't want to|dont want to|tired of|can't go on|worthless to|keine lust|keine lust mehr|
            keinen sinn|keinen grund|kein grund|sinnlos|nicht mehr lebenswert|keine kraft mehr
        """,
        "ending": "tonight|this evening|all my|the whole pack|for good|heute nacht|heute abend|alle meine|die ganze packung|fuer immer",
        "pills": "sleeping pills|pills|tablets|schlaftabletten|tabletten|pillen",
        "take": "take|taking|swallow|nehme|nehmen|schlucke|schlucken",
        "gone": "nobody needs me|no one needs me|nobody would notice|better off dead|mich braucht keiner|mich braucht niemand|besser tot|waere tot",
    }
)

#: Which signs in one sentence mean which danger; the gravest first.
_TOGETHER: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("suicide", frozenset({"gone"})),
    ("suicide", frozenset({"life", "pointless"})),
    ("suicide", frozenset({"pills", "take", "ending"})),
    ("poisoning", frozenset({"ingest", "harm"})),
    ("poisoning", frozenset({"ingest", "small", "victim"})),
    ("electric_shock", frozenset({"device", "current"})),
    ("electric_shock", frozenset({"touch", "current"})),
    ("fire", frozenset({"device", "burning"})),
    ("injury", frozenset({"victim", "symptom"})),
    ("injury", frozenset({"victim", "hurt"})),
    ("injury", frozenset({"body", "hurt"})),
    ("injury", frozenset({"body", "symptom", "fell"})),
)
_SENTENCE = re.compile(r"[^.!?\n]+")
NAMES = (
    "ingest",
    "harm",
    "small",
    "victim",
    "symptom",
    "hurt",
    "body",
    "fell",
    "device",
    "burning",
    "current",
    "touch",
    "life",
    "pointless",
    "ending",
    "pills",
    "take",
    "gone",
)
#: How many numbers `counts` gives.
COUNTS = len(NAMES) + 2


def find(text: str) -> tuple[Kind, str] | None:
    """The kind of danger that the signs in one sentence of `text` add up to, and the words from the first to the last."""
    found: dict[Kind, str] = {}
    for sentence in _SENTENCE.findall(text):
        words, spans = tokens(sentence)
        entries = tuple(_SIGNS.find(words, spans))
        names = {entry.name for entry in entries}
        for kind, together in _TOGETHER:
            if together <= names and kind not in found:
                telling = [entry for entry in entries if entry.name in together]
                found[kind] = sentence[telling[0].start : telling[-1].end].strip()
    return next(((kind, found[kind]) for kind, _ in _TOGETHER if kind in found), None)


def counts(sentence: str) -> NDArray[np.float32]:
    """The signs of one sentence as numbers, with whether it asks and how long it is, up to 30 words."""
    words, spans = tokens(sentence)
    found = {entry.name for entry in _SIGNS.find(words, spans)}
    numbers = [float(name in found) for name in NAMES]
    return np.asarray([*numbers, float(sentence.rstrip().endswith("?")), min(len(words) / 30, 1.0)], dtype=np.float32)
