"""Given names that are common where German and English are spoken;
only looked at where somebody introduces themselves."""

from __future__ import annotations

GIVEN_NAMES = frozenset(
    """
    alex alexander alexandra ali alice amelie amy andrea andreas andrew angela angelika anja anke ann anna anne
    annette anton antonia arthur astrid axel ayse aylin barbara beate ben benjamin bernd bettina birgit björn
    brigitte bruno carina carla carlos carmen caroline charlotte chris christa christian christina christine
    christoph clara claudia cornelia daniel daniela david dennis diana dieter dirk dominik doris edith elena elif
    elisabeth elke ella ellen emily emma erik erika esther eva fabian fatma felix finn florian frank franz franziska
    frieda fritz gabi gabriele georg gerd gerhard gisela greta günter hanna hannah hannes hans harald harry heike
    heiko heinz helen helga helmut henning henrik henry herbert holger hugo ines inga ingo ingrid irene iris isabel
    jack jakob james jan jana jane janina jannis jasmin jens jessica joachim johanna john jonas jörg josef josephine
    julia julian jürgen karen karin karl karsten katharina kathrin katja kevin kim klaus konrad kristina lara lars
    laura lea lena leon leonie lina linda lisa lorenz louis luca lucas lucy luis luisa lukas lydia maike manfred
    manuel manuela marcel marco marcus marek maria marie marina mario marion markus martha martin martina mathias
    matthias max maximilian mehmet melanie mia michael michaela mike miriam mohamed monika moritz murat mustafa
    nadine natalie nele nicolas nicole niklas nils nina noah nora norbert ola olaf oliver olivia oscar otto pascal
    patricia patrick paul paula peter petra philipp pia rainer ralf rebecca renate richard rita robert robin roland
    ruth sabine sam samuel sandra sara sarah sebastian selin silke silvia simon simone sofia sonja sophia sophie
    stefan stefanie steffen stephan sue susan susanne svenja sven tanja theo theresa thomas thorsten tim timo tina
    tobias tom tommy toni udo ulrich ulrike ursula ute uwe valentin vanessa vera verena viktoria vincent volker
    walter werner wolfgang yasemin yusuf yvonne zeynep zoe
    """.split()
)
