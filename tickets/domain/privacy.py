"""Personal data is taken out of what others will read: names, addresses, numbers and secret links, German and English.

Rules over patterns: they rather take a word too much than leave a name in. Whoever publishes reads the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tickets.domain.given_names import GIVEN_NAMES

#: What stands where something was.
GAP = "…"

_FLAGS = re.IGNORECASE
_WORD = r"(?:[^\W\d_]\.|[^\W\d_][\w'’-]*)"
_CAPITAL = r"[A-ZÄÖÜÉÀÇŞĞİŁŚŻČŠŽ][\w'’-]*"

_MAIL = re.compile(
    r"(?:[\w.+-]+|…)\s*"
    r"(?:@|\[at\]|\(at\)|\s+at\s+(?=[\w-]+\s*(?:\.|\[dot\]|\(dot\)|\s+dot\s+)))"
    r"\s*[\w-]+(?:\s*(?:\.|\[dot\]|\(dot\)|\s+dot\s+)\s*[\w-]+)+",
    _FLAGS,
)
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]+", _FLAGS)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]{4}){2,7}(?:[ \u00a0-]?[A-Z0-9]{1,4})?\b(?![ ]?[€$])", _FLAGS)
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_MONEY = r"(?!\s?(?:€|\$|£|euro?s?\b|eur\b|dollars?\b|usd\b|pounds?\b|chf\b|franken\b|cents?\b|%|prozent\b|percent\b))"
_PHONE = re.compile(rf"(?<![\w.,])(?:\+|00|\(0|\(\+|0)\d?[\d\s()/.\u00a0-]{{5,}}\d\b{_MONEY}")
_PLAIN_PHONE = re.compile(
    r"\b(tel(?:efon)?\.?|handy|mobil|phone|call(?: me)?(?: on| at)?|ruf\w*(?: mich)?(?: unter)?|nummer|number)"
    r"(\s*(?:ist|is|:|unter|on|at|nr\.?)?\s*)"
    rf"[\d(][\d\s()/.-]{{4,}}\d{_MONEY}",
    _FLAGS,
)
_NUMBERED = re.compile(
    r"\b((?:bestell|auftrags?|rechnungs|kunden|sendungs|paket|vorgangs|ticket|referenz|vertrags|konto|serien|tracking|"
    r"order|customer|invoice|booking|reference|account|shipment|parcel|serial|case|ref|"
    r"bestellung|auftrag|rechnung|sendung|retoure|return|kundenkonto|vorgang)"
    r"[- ]?(?:nummer|number|nr\.?|no\.?|num|id|code)?)"
    r"(\s*(?:ist|is|lautet|war|was|mit der|with)?\s*[:#=]?\s*#?)"
    r"(?=[\w/-]*\d)[A-Z0-9][\w/-]{2,}",
    _FLAGS,
)
_CODES = (
    re.compile(r"(?<!\w)#\s?\d{3,}\b"),
    re.compile(r"\b[A-Z]{1,5}[-_]\d{4,}(?:-\d+)*\b", _FLAGS),
    re.compile(r"\b[A-Z]{1,5}\d{5,}[A-Z]{0,3}\b", _FLAGS),
    re.compile(r"\b\d{3}-\d{7}-\d{7}\b"),
    # A token of letters and at least four digits: tracking numbers, voucher and reset codes.
    re.compile(r"\b(?=(?:[A-Z-]*\d){4})(?=[\d-]*[A-Z])[A-Z0-9-]{10,}\b", _FLAGS),
    re.compile(rf"(?<![\w.,])\d{{5,}}\b(?![.,]\d){_MONEY}"),
)
_BORN = re.compile(
    r"\b(geb(?:oren|\.)?(?:\s+am)?|geburtsdatum|born(?:\s+on)?|date of birth|dob|birthday)"
    r"(\W+(?:ist|is|:)?\W*)\d[\d./ -]{4,}\d",
    _FLAGS,
)

_STREET_END = r"(?i:stra(?:ß|ss)e|str\.?|weg|allee|platz|gasse|ring|ufer|damm|chaussee|stieg|steig|markt|promenade)"
_HOUSE = r"\s*\d{1,4}\s?[a-z]?(?:\s?[-/]\s?\d{1,4}[a-z]?)?\b"
_CITY = rf"(?:\s*,?\s*(?:(?:[A-Z]{{1,2}}-)?\d{{4,5}}\s+{_CAPITAL}(?:[ -](?:am|an der|im|ob der|{_CAPITAL}))*))?"
_PLACES = (
    re.compile(rf"\b(?:{_CAPITAL}[ -]){{0,3}}[A-ZÄÖÜ]?[\w-]*{_STREET_END}{_HOUSE}{_CITY}"),
    re.compile(rf"\b[\w-]*(?:stra(?:ß|ss)e|str\.){_HOUSE}", _FLAGS),
    re.compile(
        r"\b(?:Am|An der|Im|In der|In den|Auf der|Auf dem|Unter den|Zum|Zur|Hinter der)"
        rf"\s(?:{_CAPITAL}\s){{1,3}}\d{{1,3}}\s?[a-z]?\b{_CITY}"
    ),
    re.compile(
        r"\b\d{1,5}[a-z]?,?\s+(?:[A-Z][\w'’-]*\s){1,4}"
        r"(?:street|st\.?|road|rd\.?|avenue|ave\.?|lane|ln\.?|drive|dr\.?|way|close|court|square|place|terrace|"
        r"crescent|boulevard|blvd\.?)(?=\W|$)(?:,?\s*[A-Z][\w-]+)?",
        _FLAGS,
    ),
    re.compile(rf"\b(?:(?:D|A|CH|AT|DE)-\d{{4,5}}|\d{{5}})\s+{_CAPITAL}(?:[ -](?:am|an der|im|ob der)\s{_CAPITAL})?"),
    re.compile(rf"(?<=[,…])\s*\d{{4}}\s+(?!Euro|EUR|Uhr){_CAPITAL}"),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"),
)

#: A name ends where the sentence goes on.
_ENDS = (
    r"(?:und|and|aber|but|aus|from|ich|i|habe|have|mit|with|von|of|bei|at|in|wegen|because|wie|how|wo|where|was|what|"
    r"kann|can|möchte|would|eine?|a|die|der|das|the|wann|when|bitte|please|meine?|my)"
)
_CALLED = re.compile(
    r"\b(mein(?:e?)\s+(?:voller\s+)?name\s+(?:ist|lautet|war)|name\s*:|ich\s+hei(?:ß|ss)e|"
    r"my\s+(?:full\s+)?name\s*(?:is|'s|’s)|(?:i\s+am|i['’]m)\s+called)"
    rf"(\s+)(?:(?:herr|frau|mr|mrs|ms|dr|prof)\.?\s+)*(?!{_ENDS}\b){_WORD}"
    rf"(?:\s+(?:(?:von|van|de|zu|al|el)\s+(?-i:(?={_CAPITAL})))?(?!{_ENDS}\b){_WORD}){{0,2}}",
    _FLAGS,
)
_AM = re.compile(
    r"\b((?:[Hh]ier (?:ist|schreibt|spricht)|[Ii]ch bin(?:'s)?(?: der| die)?|[Ii] am|[Ii]['’]m|[Tt]his is|"
    r"[Ii]m Namen von|[Oo]n behalf of|[Ff]ür|[Ff]or|[Ii]t['’]s)\s+)"
    rf"({_CAPITAL}(?:\s+(?:von|van|de|zu|al|el|{_CAPITAL})){{0,3}})"
)
_AM_SMALL = re.compile(
    r"\b((?:hier(?: ist| schreibt| spricht)?|ich bin(?: der| die)?|i am|i['’]?m|this is|it['’]s)\s+)"
    rf"({_WORD})((?:\s+(?!{_ENDS}\b){_WORD})?)(?=\s*(?:$|[,.!?;:…-]|\s{_ENDS}\b))",
    _FLAGS,
)
_TITLED = re.compile(
    r"\b((?:[Ff]rau|[Hh]errn?|[Mm]rs?|[Mm]s|[Mm]iss|[Ff]amilie|[Dd]r|[Pp]rof)\.?\s+(?:(?:[Dd]r|[Pp]rof)\.?\s+)*)"
    rf"{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}}"
)
_SIGNED = re.compile(
    r"((?:gr(?:ü|ue)(?:ß|ss)e?n?|gru(?:ß|ss)|mfg|lg|vg|regards|wishes|sincerely|cheers|thanks|thank you|danke|yours)"
    r"\s*(?:aus\s+\w+|from\s+\w+)?\s*[,!.\n-]+\s*)"
    rf"(?-i:{_CAPITAL})(?:[ ](?-i:{_CAPITAL})){{0,2}}(?=\s*[.!]?\s*$)",
    _FLAGS,
)
_HELLO = re.compile(
    r"^(\s*(?:[Hh]allo|[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Ll]iebe[r]?|[Mm]oin|[Ss]ervus|"
    r"[Gg]uten (?:Tag|Morgen|Abend)|[Gg]ood (?:morning|afternoon|evening))\s+)"
    rf"({_CAPITAL})(?=\s*[,!.])",
    re.MULTILINE,
)

#: Capitalised after "I am" or "ich bin", and no name.
_ROLES = set(
    "kunde kundin neukunde neukundin stammkunde stammkundin student studentin schüler schülerin rentner rentnerin "
    "mitglied händler händlerin firmenkunde privatkunde allergiker allergikerin veganer veganerin vegetarier "
    "vegetarierin mutter vater oma opa eltern lehrer lehrerin rollstuhlfahrer rollstuhlfahrerin azubi unternehmer "
    "unternehmerin gast gastkunde linkshänder linkshänderin anfänger anfängerin besitzer besitzerin eigentümer "
    "mieter mieterin käufer käuferin verkäufer selbstständig österreicher österreicherin schweizer schweizerin "
    "deutscher deutsche german austrian swiss english british american french italian spanish vegan vegetarian "
    "muslim jewish not in still very so a an the at from on my your what how where when why i it austria germany "
    "switzerland france italy spain europe abroad christmas weihnachten ostern easter kinder geschenke erwachsene "
    "firmen studenten apple android paypal klarna visa business students kids children sie ihn ihre ihren dich "
    "mich uns pflanzen möbel lampen geschäftskunden ihr ihrem unser unsere unseren der die das ein eine our".split()
)


def without_personal_data(text: str, names: Iterable[str] = ()) -> str:
    """The text with a gap for each thing that could name or reach a person; `names` are known to be theirs."""
    text = _URL.sub(_bare_link, text)
    # Twice: a spelt-out address may itself look like the beginning of one.
    text = _MAIL.sub(GAP, _MAIL.sub(GAP, text))
    for pattern in (_IBAN, _CARD):
        text = pattern.sub(GAP, text)
    text = _BORN.sub(rf"\1\2{GAP}", text)
    for pattern in _PLACES:
        text = pattern.sub(GAP, text)
    text = _PLAIN_PHONE.sub(rf"\1\2{GAP}", text)
    text = _PHONE.sub(GAP, text)
    text = _NUMBERED.sub(rf"\1\2{GAP}", text)
    for pattern in _CODES:
        text = pattern.sub(GAP, text)
    return _joined(_without_names(text, names))


def _without_names(text: str, names: Iterable[str]) -> str:
    for name in sorted(_parts(names), key=len, reverse=True):
        text = re.sub(rf"\b(?:{re.escape(name)}|{re.escape(name.upper())})(?:s|'s|’s)?\b", GAP, text)
    text = _CALLED.sub(rf"\1\2{GAP}", text)
    text = _TITLED.sub(rf"\1{GAP}", text)
    text = _AM.sub(lambda found: _unless_role(found, found[2].split()[0]), text)
    text = _AM_SMALL.sub(_if_given_name, text)
    text = _HELLO.sub(rf"\1{GAP}", text)
    return _SIGNED.sub(rf"\1{GAP}", text)


def _parts(names: Iterable[str]) -> set[str]:
    """Full names and their parts, as they are written; single letters are no names."""
    found: set[str] = set()
    for name in names:
        words = [word for word in re.findall(r"[\w'’-]+", name) if len(word) > 2 and word[0].isupper()]
        found.update(words)
    return found


def _unless_role(found: re.Match[str], first: str) -> str:
    opening = found[1].strip().casefold()
    if first.casefold() in _ROLES or (
        opening in ("für", "for", "it's", "it’s") and first.casefold() not in GIVEN_NAMES
    ):
        return found[0]
    return f"{found[1]}{GAP}"


def _if_given_name(found: re.Match[str]) -> str:
    return f"{found[1]}{GAP}" if found[2].casefold() in GIVEN_NAMES else found[0]


def _bare_link(found: re.Match[str]) -> str:
    """Where a link leads, without what may be a secret in it."""
    link = found[0].rstrip(".,;:!?")
    rest = found[0][len(link) :]
    scheme, _, address = link.rpartition("://")
    address = re.split(r"[?#]", address)[0]
    host, _, path = address.partition("/")
    host = host.rpartition("@")[2]
    parts: list[str] = []
    for part in path.split("/"):
        if re.search(r"\d{4,}", part) or "@" in part or "%40" in part or (len(part) >= 16 and re.search(r"\d", part)):
            break
        parts.append(part)
    kept = "/".join([host, *parts]).rstrip("/")
    return (f"{scheme}://{kept}" if scheme else kept) + rest


def _joined(text: str) -> str:
    """Gaps side by side are one."""
    return re.sub(rf"{GAP}(?:[\s,;]*{GAP})+", GAP, text)
