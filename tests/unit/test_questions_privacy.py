"""What is published names and reaches nobody; what is no personal data stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.domain.privacy import without_personal_data

#: Text, and what may not be left of it.
TAKEN = [
    ("Hallo, ich bin Anna Müller und suche mein Paket", ("Anna", "Müller")),
    ("ich bin anna und mein paket fehlt", ("anna",)),
    ("Mein Name ist Jens-Peter von Holst, wo ist mein Geld?", ("Jens", "Holst")),
    ("mein name ist yusuf kaya", ("yusuf", "kaya")),
    ("Ich heiße Petra Schmidt und möchte umtauschen", ("Petra", "Schmidt")),
    ("Hier ist Familie Özdemir, wann kommt der Schrank?", ("Özdemir",)),
    ("Hier schreibt Klaus Brandt", ("Klaus", "Brandt")),
    ("Frau Dr. Lehmann hat mir das zugesagt", ("Lehmann",)),
    ("Bitte an Herrn Schulze-Delitzsch liefern", ("Schulze", "Delitzsch")),
    ("Wo bleibt das? Viele Grüße, Karin Vogt", ("Karin", "Vogt")),
    ("Danke\nMit freundlichen Grüßen\nUwe Baum", ("Uwe", "Baum")),
    ("my name is John Smith and I need help", ("John", "Smith")),
    ("My name's Priya, can I change my order?", ("Priya",)),
    ("Hi, I am Sarah O'Connor, where is my parcel?", ("Sarah", "Connor")),
    ("hello i'm tom and my lamp is broken", ("tom",)),
    ("This is Emily Jones. My voucher does not work", ("Emily", "Jones")),
    ("Mrs Patel ordered it for me", ("Patel",)),
    ("Where is it? Kind regards, Peter Brown", ("Peter", "Brown")),
    ("Dear Berta, can you help", ("Berta",)),
    ("schreiben Sie mir an anna.mueller+shop@web.de bitte", ("anna", "mueller", "web.de")),
    ("meine mail ist anna.m (at) gmx.net", ("anna.m", "gmx")),
    ("reach me at john dot doe at mail dot example dot com", ("example",)),
    ("mail me: J.DOE@EXAMPLE.CO.UK", ("DOE", "EXAMPLE")),
    ("Rufen Sie mich unter 0171 2345678 an", ("0171", "2345678")),
    ("Meine Nummer: +49 (0)30 / 123 45 67", ("123", "30")),
    ("Tel. 030-9876543", ("9876543",)),
    ("call me on 07700 900123", ("07700", "900123")),
    ("phone: (555) 123-4567", ("555", "4567")),
    ("+1 415 555 0134 is my number", ("415", "0134")),
    ("Wo ist meine Bestellung NL-20417?", ("20417",)),
    ("Bestellnummer 778812 ist nicht angekommen", ("778812",)),
    ("Kundennr.: K4711 bitte prüfen", ("4711",)),
    ("Rechnung RE-2026-00918 fehlt", ("00918", "2026-")),
    ("order #5512 never came", ("5512",)),
    ("my order number is A77-B12 and it is late", ("A77",)),
    ("tracking JJD000390007012345678 says delivered", ("JJD0003",)),
    ("parcel 00340434161094042557 is lost", ("0034043",)),
    ("Ticket F-10023 ist noch offen", ("10023",)),
    ("invoice no. 2026/118 is wrong", ("118",)),
    ("Meine IBAN ist DE89 3704 0044 0532 0130 00", ("DE89", "0532")),
    ("iban de89370400440532013000", ("de89", "0532013000")),
    ("Refund to GB29 NWBK 6016 1331 9268 19 please", ("NWBK", "9268")),
    ("Konto AT61 1904 3002 3457 3201", ("1904", "3201")),
    ("Meine Karte 4111 1111 1111 1111 wird abgelehnt", ("4111", "1111")),
    ("Ich wohne in der Hauptstraße 12a, 10115 Berlin", ("Haupt", "12a", "10115", "Berlin")),
    ("Lieferung an Lindenweg 5, 80331 München", ("Linden", "80331", "München")),
    ("neue adresse: bahnhofstr. 7", ("bahnhof", "7")),
    ("Unter den Linden 77 ist meine Anschrift", ("Linden", "77")),
    ("Am Alten Markt 3, 1010 Wien", ("Markt", "Wien", "1010")),
    ("Karl-Marx-Allee 101, D-10243 Berlin", ("Marx", "101", "10243")),
    ("Ship to 221B Baker Street, London", ("221B", "Baker")),
    ("my new address is 10 Downing St, SW1A 2AA", ("Downing", "SW1A")),
    ("I live at 1600 Pennsylvania Avenue, Washington 20500", ("1600", "Pennsylvania", "20500")),
    ("Der Link https://shop.example/reset?token=abc123def geht nicht", ("token", "abc123def")),
    ("see https://anna:geheim@shop.example/konto", ("anna", "geheim")),
    ("https://shop.example/r/9f8e7d6c5b4a3210ffee does not open", ("9f8e7d6c",)),
    ("www.shop.example/orders/20417 zeigt nichts", ("20417",)),
    ("Ich bin geboren am 12.03.1980, brauche ich einen Nachweis?", ("1980", "12.03")),
    ("born on 1980-03-12", ("1980",)),
    ("Gutscheincode XMAS2026AB77Q geht nicht", ("XMAS2026",)),
]
KEPT = [
    "Wie lange dauert die Lieferung nach Österreich?",
    "Kann ich 2 Lampen für 1.299,00 € zurückschicken?",
    "Ich bin seit drei Wochen unzufrieden",
    "Ich bin Kundin und möchte auf Rechnung zahlen",
    "Ich bin Veganer. Ist das Leder?",
    "I am waiting for the refund",
    "I'm vegan, is this leather?",
    "I am German, do you ship to Germany?",
    "Is the discount 15 % for orders above 10000 euro?",
    "Öffnen Sie am 24.12. von 8 bis 14 Uhr?",
    "Liefern Sie für Kinder geeignete Möbel?",
    "Do you sell gift cards for Christmas?",
    "Passt die Birne E27 mit 60 W in die Lampe?",
    "Die Anleitung steht auf https://shop.example/help/de/assembly",
    "How do I reset my password?",
    "Bitte wählen Sie es im Warenkorb aus",
    "Im Lager ist es vorrätig, Sie finden hier Informationen dazu",
    "Hier ist Ihr Link und unsere Anleitung",
    "Die Garantie gilt bis 31.12.2027",
    "Das Sofa misst 220 x 95 x 80 cm und wiegt 65 kg",
    "You can choose it in the basket, it takes 3 to 5 days",
    "Kann man Rechnungen als PDF bekommen?",
    "Is returning within 30 days free?",
]


@pytest.mark.parametrize(("text", "gone"), TAKEN, ids=[text[:40] for text, _ in TAKEN])
def test_personal_data_is_taken_out(text: str, gone: tuple[str, ...]) -> None:
    left = without_personal_data(text)
    assert not [one for one in gone if one in left], left


@pytest.mark.parametrize("text", KEPT)
def test_what_names_nobody_stays(text: str) -> None:
    assert without_personal_data(text) == text


def test_names_that_the_desk_knows_go_wherever_they_stand() -> None:
    text = "Gestern hat BERTA gesagt, Annas Lampe komme am Montag; Wagner ist informiert."
    left = without_personal_data(text, ["Anna Wagner", "Berta"])
    assert "BERTA" not in left and "Anna" not in left and "Wagner" not in left
    assert "Lampe komme am Montag" in left


@given(st.text(max_size=300))
def test_any_text_is_taken_and_a_second_time_changes_nothing_of_weight(text: str) -> None:
    assert isinstance(without_personal_data(without_personal_data(text)), str)
