"""Requests that are declined without drama: commands to the machine, other customers' data, promises of money.

Named patterns in both languages, as for danger; `unforeseen` notices the same in other words. The message is
understood and kept like any other; only the answer is a fixed, friendly line. Whoever asks about their own data or
their own refund crosses no boundary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.understanding.anger_cues import plain

Kind = Literal["command", "others_data", "promise"]


@dataclass(frozen=True)
class Boundary:
    kind: Kind
    #: The customer's words that gave it away.
    phrase: str


_ORDERS_EN = r"(?:instructions?|prompts?|rules?|guidelines?|commands?|directives?|restrictions?|programming|training|guardrails|filters?)"
_ORDERS_DE = r"(?:anweisung(?:en)?|instruktion(?:en)?|prompts?|regeln?|vorgaben?|richtlinien?|befehle?|einschränkung(?:en)?|beschränkung(?:en)?|programmierung)"
_OTHER_EN = (
    r"(?:(?:other|another|different|all|every|any)(?: \w+)? (?:customer|client|user|person|people|buyer|member|shopper)s?'?s?|some(?:one|body) else'?s?|my (?:neighbou?r|ex|ex[- ]?(?:wife|husband|girlfriend|boyfriend|partner)"
    r"|boss|colleague|sister|brother|friend|landlord|tenant)'?s?|the (?:customer|person|man|woman|guy|lady) (?:who|that|with|named|called|at)|(?:mr|mrs|ms|miss|dr)\.? [a-zäöüß]+'?s?)"
)
_PRIVATE_EN = (
    r"(?:home |e-?mail |phone |postal |delivery |billing )?(?:address(?:es)?|phone numbers?|e-?mails?|numbers?|data|details|orders?|order history|"
    r"invoices?|bank details|card (?:numbers?|details)|passwords?|accounts?|purchases|chats?|messages|names|records|lists?)"
)
_OTHER_DE = (
    r"(?:(?:andere[nrms]?|aller|alle|fremde[nrs]?)(?: \w+)? (?:kund\w+|nutzer\w*|käufer\w*|leute\w*|person\w*|mensch\w*)|fremde[nrs]?|jemand(?:em)? ander(?:s|em|en)|meine[nrms]? (?:nachbar(?:n|in)?|ex|ex-?(?:frau|mann|freund|freundin)|chefs?|kollegen|"
    r"kollegin|schwester|bruders?|freund(?:in|es)?|vermieters?|mieters?)s?|(?:von |über )?(?:herrn?|frau) (?!und)[a-zäöüß]+s?|des kunden|der kundin|eines anderen (?:kunden|nutzers)|einer anderen (?:kundin|person))"
)
_PRIVATE_DE = (
    r"(?:privat|liefer|rechnungs|mail|e-?mail-?|telefon|handy)?(?:adressen?|nummern?|daten|kundendaten|bestellungen?|bestellhistorie|rechnungen?|"
    r"bankverbindung(?:en)?|kontodaten|kartennummern?|passw(?:ort|örter)|konten|konto|e-?mails?|anschrift(?:en)?|nachrichten|chats?|namen|kundenlisten?|liste)"
)
_TELL_EN = r"(?:give|tell|show|send|list|reveal|share|look up|find|read|print|export|get|fetch|what(?:'s| is| are)|need|want|where does|where do)"
_TELL_DE = r"(?:gib|geben|nenn\w*|sag\w*|zeig\w*|schick\w*|send\w*|list\w*|verrat\w*|such\w*|find\w*|lies|exportier\w*|wie (?:ist|lautet|lauten)|was (?:ist|hat)|brauche|will|wo wohnt|teil\w* mir)"
_MONEY_EN = r"(?:refund|money(?: back)?|compensation|discount|credit|voucher|cash|payout|reimburse\w*|£ ?\d+|\$ ?\d+|€ ?\d+|\d+ ?(?:£|\$|€|%|euros?|dollars?|pounds?|percent|bucks|quid))"
_MONEY_DE = r"(?:erstattung|rückerstattung|geld(?: zurück)?|entschädigung|rabatt|gutschrift|gutschein|schadenersatz|schadensersatz|bargeld|auszahlung|\d+ ?(?:€|%|euro|prozent))"

_SOURCES: dict[Kind, tuple[str, ...]] = {
    "command": (
        r"(?:admin(?:istrator)?(?:'s|s)?[ -]?passwor[dt]|passwor[dt] (?:of|from|vom|des|für den) (?:the )?admin\w*)", r"(?:show|print|reveal|tell|give|zeig|gib|nenn|sag|verrat)\w* (?:me |mir |uns )?(?:your|dein\w*|eure\w*) (?:prompt|password|passwort)\b(?![-\w])(?! (?:reply|response|answer|reset|policy|rules|antwort|regeln))",
        r"(?:give|tell|show|gib|nenn|zeig)\w* (?:me |mir |uns )?(?:dein\w* |den |the |your )?(?:api[ -]?key|source ?code|quellcode)\b", r"(?:ignore|break|forget) (?:every|any|each) (?:rule|instruction|order)\b", r"override (?:your|the) (?:settings?|limits?|rules?)", r"überschreib\w* (?:deine|die) (?:einstellung|regel|vorgabe)\w*",
        r"(?:repeat|wiederhol\w*) (?:the |den )?text (?:above|oben|davor)", r"(?:repeat|wiederhol\w*) (?:your|deine) (?:instructions|anweisungen)", r"pretend to be (?:a|an|the|my)\b", r"verhalte dich (?:wie|als)\b", r"tu so,? als (?:hättest|wärst|wärest|ob) ?du\b", r"(?:delete|drop|wipe|lösch\w*) (?:the |all |die |alle )?(?:customers? (?:table|data|database)|kunden(?:daten|tabelle))",
        rf"(?:ignore|disregard|forget|override|bypass|skip|drop|break|overwrite) (?:\w+ ){{0,4}}(?:previous|prior|above|earlier|your|all|any|these|those|system|safety|the) (?:\w+ ){{0,3}}?{_ORDERS_EN}\b",
        r"(?:ignore|disregard|forget) (?:everything|all|anything) (?:above|before|you (?:were|have been|know)|that was said|i said before and)",
        r"(?:reveal|show|print|repeat|output|tell me|give me|display|leak|dump|what(?:'s| is| are)) (?:\w+ ){0,3}(?:your|the) (?:\w+ )?(?:system ?prompt|hidden prompt|initial prompt|instructions verbatim|secret instructions|system message|(?:system |hidden |secret |initial )(?:instructions?|prompts?|rules?))",
        r"system ?prompt\b", r"(?:developer|debug|god|admin|root|jailbreak|dan) mode\b(?! (?:of|on) (?:my|the) (?:phone|tv|router|watch|tablet|device))",
        r"you are (?:now|no longer) (?:a |an |my |in |bound|dan\b|free|the |going)", r"(?:pretend|act as if|act like|imagine) (?:that )?you(?:'re| are| were| have no)\b",
        r"act as (?:a|an|my|the) (?!(?:gift|spare|replacement|cover|charger|remote|stand|hub|router))", r"roleplay as\b", r"jailbreak(?:en)?\b(?! (?:my|the|an?) (?:i?phone|device|switch|tv))",
        r"(?:execute|run|eval) (?:this|the following) (?:code|command|script|python|sql)", r"(?:drop|delete from|select \* from) (?:table )?\w*(?:users|customers|orders)\b",
        r"(?:</?(?:system|assistant|instructions?)>|\[/?(?:inst|system)\]|###? ?(?:system|instruction)s?\b|(?:system|assistant) ?: )",
        r"(?:from now on|henceforth),? (?:you|answer|reply|respond|speak|only)", r"new instructions? ?:", r"end of (?:system )?prompt",
        r"(?:say|repeat|write|answer|respond) (?:after me|exactly|only|with)[: ]+[\"'][^\"']{3,}[\"']", r"without (?:any )?(?:restrictions|filters|censorship|guardrails)\b",
        rf"(?:ignorier\w*|vergiss|vergesst|vergessen sie|missachte\w*|umgeh\w*|überschreib\w*|verwirf) (?:\w+ ){{0,4}}?(?:\w+ )?{_ORDERS_DE}\b",
        r"(?:ignorier\w*|vergiss|vergessen sie) (?:alles|sämtliches),? (?:was (?:davor|bisher|vorher|oben|über|du)|bisherige|vorherige|davor|obige|zuvor)",
        r"(?:zeig|gib|nenn|verrat|wiederhol|druck|sag|wie lautet|wie lauten|was sind|was ist)\w* (?:\w+ ){0,3}(?:dein\w*|eure?\w*|ihre?\w*|den|die) (?:\w+ )?(?:system-?prompt\w*|systemanweisung\w*|systemnachricht|geheime\w* anweisung\w*|versteckte\w* anweisung\w*|interne\w* (?:anweisung|regel|prompt)\w*)",
        r"(?:entwickler|debug|admin|gott)-?modus\b(?! (?:am|auf|vom|des|meines) )", r"du bist (?:jetzt|nun|ab sofort|ab jetzt|nicht mehr)\b", r"(?:tu|tue|stell dir vor|spiel) (?:so|mal)?,? ?(?:als (?:ob|wärst|seist)|du (?:bist|wärst|hättest keine))",
        r"ab (?:jetzt|sofort) (?:antwortest|bist|sprichst|redest|gehorchst|machst) du", r"(?:ohne|keine) (?:einschränkungen|filter|zensur)\b(?= (?:ant|zu|red|mehr|sein)|[.!?]|$)", r"neue (?:anweisung|instruktion)(?:en)? ?:",
        r"(?:führe|führ) (?:diesen|folgenden|den) (?:code|befehl) aus", r"gehorche? (?:mir|nur)\b",
    ),
    "others_data": (
        r"(?:whose|who is|who's|wer steckt hinter|wessen|auf welchen namen läuft|wer hat die)\b (?:is )?(?:order|bestellung) (?:nl-?)?\d+", r"what did my (?:husband|wife|partner|girlfriend|boyfriend|son|daughter|mother|father) (?:order|buy)", r"was hat mein\w* (?:mann|frau|partner\w*|freund\w*|sohn|tochter|mutter|vater) (?:\w+ ){0,3}(?:bestellt|gekauft)",
        r"(?:show|list|zeig\w*|list\w*) (?:me |mir )?(?:all|alle|sämtliche) (?:orders|bestellungen) (?:of|from|von|vom) (?:today|yesterday|this week|last week|heute|gestern|dieser woche|allen)", r"list\w* alle kund\w+", r"wer wohnt (?:an|in|unter|bei)\b", r"(?-i:(?:address|phone number|email|e-mail|[Aa]dresse|[Tt]elefonnummer|[Aa]nschrift) (?:of|von) [A-ZÄÖÜ][a-zäöüß]+ [A-ZÄÖÜ][a-zäöüß]+)",
        r"(?:give|nenn|gib|tell)\w* (?:me |mir )?(?:the )?(?:name|namen?) (?:and|und) (?:the )?(?:address|anschrift|adresse)",
        rf"{_TELL_EN} (?:\w+ ){{0,4}}?{_OTHER_EN} (?:\w+ ){{0,2}}?(?:customers?'?s?'? |clients?'?s?'? |users?'?s?'? |people'?s? |buyers?'? )?(?:\w+ )?{_PRIVATE_EN}\b",
        rf"{_TELL_EN} (?:\w+ ){{0,4}}?{_PRIVATE_EN} (?:\w+ )?(?:of|for|from|belonging to|about) (?:\w+ ){{0,2}}?{_OTHER_EN}\b(?! (?:order|one|product|item|colou?r|size|parcel)s?\b)",
        r"(?:what|which|when|where) (?:did|does|do|has|have) (?:my (?:neighbou?r|ex\b|ex-?\w+|boss|colleague)|(?:mr|mrs|ms)\.? \w+|(?:the )?other customers?|another customer) (?:\w+ ){0,2}(?:order|buy|bought|ordered|live|pay|paid|purchase)\w*",
        r"(?:who|which customer|whose|what customer)(?: else)? (?:has |had )?(?:ordered|bought|lives|placed|owns|paid for|is the customer)\b", r"(?:customer|client|user) (?:list|database|records)\b", r"(?:list|dump|export|show) (?:me )?(?:of )?all (?:your |the )?(?:customers|users|clients)\b",
        r"(?:log|sign) me in(?:to)? (?:as |with )?(?:another|someone|somebody|my (?:ex|neighbou?r|boss|wife|husband))", r"(?:read|see|access|open|hack) (?:\w+ ){0,2}(?:my (?:ex|wife|husband|girlfriend|boyfriend|neighbou?r|boss)\w*'?s?|other (?:people|customers|users)'?s?'?|someone else'?s) (?:\w+ )?(?:account|orders?|messages?|chats?|e-?mails?|inbox)",
        rf"{_TELL_DE} (?:\w+ ){{0,4}}?{_PRIVATE_DE} (?:\w+ ){{0,2}}?(?:von |der |des |meine[rs] |eine[rs] |über )?(?:\w+ )?{_OTHER_DE}\b(?! (?:bestellung|artikel|größe|farbe|paket)\w*)",
        rf"{_TELL_DE} (?:\w+ ){{0,4}}?{_OTHER_DE} (?:kund\w+ |nutzer\w* |käufer\w* |person\w* |leute\w* )?(?:\w+ )?{_PRIVATE_DE}\b",
        r"(?:was|welche|wann|wo|wie viel) (?:hat|haben|wohnt|wohnen|bestellt|kauft|zahlt) (?:mein\w* (?:nachbar\w*|ex\b|ex-?\w+|chef|kolleg\w+)|herr \w+|frau \w+|andere kunden|der andere kunde)(?: \w+){0,3}(?: (?:bestellt|gekauft|bezahlt))?",
        r"(?:wer|welcher kunde|welche kundin)(?: \w+)? (?:hat|wohnt)(?: \w+){0,4} (?:bestellt|gekauft|unter dieser|unter der adresse)", r"(?:kunden|nutzer)(?:liste|datenbank)\b", r"alle (?:eure |ihre )?(?:kunden|kundendaten|kundinnen|nutzer) (?:auflisten|anzeigen|zeigen|ausgeben|exportieren)",
        r"(?:lies|lesen|einsehen|öffnen|zugriff auf|reinschauen in|hack\w*) (?:\w+ ){0,3}(?:das konto|die bestellungen|die nachrichten|den account|die mails) (?:von |mein\w+ |des |der )(?:mein\w+ |eine[rs] )?(?:\w*ex\b|ex-?\w+|frau|mann|nachbar\w*|ander\w+|fremd\w+|chef\w*)",
        r"(?:mich|mir) (?:\w+ )?(?:als|in das konto|in den account|ins konto) (?:\w+ ){0,2}(?:ander\w+|fremd\w+|mein\w+ (?:ex|nachbar\w*|frau|mann|chef\w*))(?: \w+)? (?:einloggen|anmelden|ein)",
    ),
    "promise": (
        r"\A(?:please |just |now |bitte )?(?:give|send|wire|transfer|gift|grant|gib|gebt|schick|schenk|schenke|überweise?) (?:me |mir |uns )?(?:sofort |now |right now |einen? |a |free |gratis )*(?:\d+ ?(?:%|percent|prozent|€|euros?|dollars?|pounds?)|(?:discount|rabatt) (?:of|von|über)|(?:free )?vouchers? (?:for|of|over|now|right)|gutschein|half off|money to my account|geld auf mein konto)\b",
        r"\A(?:please |bitte )?(?:approve|genehmig\w*|release) (?:mir )?(?:my |the |a |meine |die |eine )(?:payment|refund|zahlung|erstattung|auszahlung)\b", r"gib die (?:zahlung|erstattung) (?:\w+ ){0,3}frei", r"you (?:must|have to|will) give me \d+ ?(?:%|percent|euros?|dollars?|pounds?)", r"du (?:musst|wirst) mir \d+ ?(?:%|prozent|euro)", r"(?:just )?say yes,? (?:\w+ ){0,3}(?:money|refund|discount)", r"sag (?:einfach )?ja,? (?:\w+ ){0,4}(?:geld|erstattung|rabatt)",
        r"sag,? dass (?:ich|ihr|du) (?:\w+ ){0,4}(?:betrag|erstattet|geld|gutschein)\w*", r"(?:approve|freigeben|free?gib) (?:this |the |die )?(?:payment|zahlung)\b|zahlung freigeben", r"garantier\w* mir,? dass ihr (?:\w+ ){0,3}(?:bezahlt|zahlt|erstattet)", r"guarantee (?:me )?that you(?:'ll| will) pay", r"bestätig\w*,? dass ich \d+ ?(?:euro|€|prozent|%)", r"wire me\b|transfer \d+ ?(?:euros?|dollars?|pounds?) to me", r"sicher\w* (?:sie )?mir (?:\w+ ){0,3}(?:erstattung|gutschrift) zu",
        rf"(?:promise|guarantee|assure|swear|commit)(?: to)? (?:me|us|now|right now|here|in writing)?,? ?(?:that )?(?:[\w']+ ){{0,7}}?{_MONEY_EN}",
        rf"confirm (?:[\w']+ ){{0,3}}?(?:that )?(?:i|you|we)(?:'ll| will| get| owe| am| are)* (?:[\w']+ ){{0,5}}?{_MONEY_EN}(?! (?:has|was|is|had)\b)",
        rf"(?:say|write|type|tell me|confirm),? (?:that )?(?:you(?:'ll| will| owe| are going to)|i(?:'ll| will)? (?:get|receive|have won)|we will|i'm (?:getting|entitled)) (?:\w+ ){{0,6}}?{_MONEY_EN}",
        rf"(?:approve|authori[sz]e|grant|issue|transfer|wire|pay out|credit) (?:me |my |a |the |an |us )?(?:\w+ ){{0,5}}?{_MONEY_EN} (?:\w+ ){{0,4}}?(?:right now|now|immediately|yourself|without (?:\w+ )?(?:checking|asking|review|approval)|no questions asked|or else)",
        r"legally binding\b", r"that(?:'s| is) (?:a |now )?binding (?:offer|promise|agreement|deal|commitment)", r"no takesies backsies", r"(?:sell|give) (?:it|me|us|the \w+|this)(?: to me)? (?:\w+ ){0,4}for (?:£|\$|€)? ?(?:1|one|0|zero)\b(?: ?(?:£|\$|€|euro|dollar|pound|cent|bucks?))?", r"agree (?:to|that) (?:\w+ ){0,5}(?:free|refund|compensat\w+|discount|for (?:£|\$|€)? ?1\b)",
        r"you (?:just )?(?:promised|agreed|offered|guaranteed) (?:me )?(?:\w+ ){0,3}(?:in this chat|a minute ago|just now|here)", r"make (?:me )?an? (?:exception|offer) (?:and|or) (?:\w+ ){0,3}(?:100|90|80|70|50|99) ?(?:%|percent) (?:off|discount)",
        rf"(?:versprich|versprech\w*|garantier\w*|sicher\w* mir|schwör\w*|sag\w* mir|schreib\w* mir)(?: mir| uns| sie mir| mir bitte| bitte)?(?: (?:jetzt|sofort|hier|schriftlich|verbindlich|zu))*,? (?:dass )?(?:\w+ ){{0,7}}?{_MONEY_DE}(?! (?:erhalten|bekommen|eingegangen|angekommen|gut angekommen))",
        rf"bestätig\w* (?:\w+,? ){{0,4}}?dass (?:ich|ihr|sie|du|wir) (?:\w+ ){{0,6}}?{_MONEY_DE}(?! (?:raus|ist|überwiesen|angewiesen|erhalten)\b)",
        rf"(?:genehmig\w*|bewillig\w*|überweis\w*|zahl\w*|gewähr\w*|schreib\w* mir|veranlass\w*) (?:mir |uns |sie mir |sie |bitte )*(?:\w+ ){{0,5}}?{_MONEY_DE} (?:\w+ ){{0,3}}?(?:ohne (?:prüfung|rückfrage|nachfrage)|selbst|eigenmächtig|sofort ohne|und frag nicht)",
        r"(?:rechtlich |rechts)(?:verbindliche[sn]?|bindende[sn]?) (?:angebot|zusage|versprechen|deal)", r"(?:verkauf\w*|gib|geben sie) (?:mir |es |sie mir |das |den |die )*(?:\w+ ){0,3}für (?:1|einen|null|0) (?:euro|cent|€)", r"(?:du hast|ihr habt|sie haben) mir (?:\w+ ){0,3}(?:eben|gerade|hier im chat) (?:\w+ ){0,4}(?:versprochen|zugesagt|angeboten)",
        rf"(?:stimm\w*|stimmst du) (?:\w+ ){{0,3}}zu,? dass (?:\w+ ){{0,5}}{_MONEY_DE}",
    ),
}  # fmt: skip

_PATTERNS = {
    kind: re.compile(rf"(?<![\w'])(?:{'|'.join(sources)})", re.IGNORECASE) for kind, sources in _SOURCES.items()
}
#: Characters that stand between letters to hide them, and digits that stand for letters.
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_LEET = str.maketrans("013457@$", "oieastas")


def check(text: str, language: str | None = None) -> Boundary | None:
    """The boundary that `text` tries, if any; both languages are looked for whatever the thread's `language` is."""
    readable = plain(text)
    joined = _SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), readable)
    for reading in dict.fromkeys([readable, joined, joined.translate(_LEET)]):
        for kind, pattern in _PATTERNS.items():
            if match := pattern.search(reading):
                return Boundary(kind, match.group().strip()[:80])
    return None
