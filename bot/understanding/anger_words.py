"""The words and set phrases behind the named cues: what people say when they are angry, and when they only sound so.

One entry per ``|``; a trailing ``*`` stands for any ending. Spelling is folded before looking (`fold`), so umlauts
count however they are written. Phrases with gaps or conditions are patterns in `anger_cues`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

#: Words whose look-up is kept: customers use few words often.
REMEMBERED = 20_000
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

_ENTRIES: dict[str, str] = {
    "insult": """
        idiot|idiots|idiotic|moron*|imbecile*|cretin*|dimwit*|halfwit*|nitwit*|twit|twits|twat*|git|gits|numpty|numpties|
        plonker*|pillock*|prat|prats|wally|wallies|muppet*|clown*|buffoon*|dunce*|dummy|dummies|dumbass*|jackass*|
        jerk|jerks|creep|creeps|scum|scumbag*|lowlife*|vermin|vultures|leeches|parasite*|bloodsuck*|vampires|rats|pigs|
        thugs|monsters|bandit*|crook*|thief|thieves|thieving|robbers|robbed|robbing|robbery|swindle*|fraudster*|frauds|
        conmen|con artist*|con merchants|con men|scammer*|scammed|shyster*|charlatan*|sharks|extortion*|daylight robbery|
        liar*|cheats|cheaters|cheating|cowards|hypocrit*|incompeten*|inept*|clueless|brainless|braindead|mindless|
        spineless|heartless|shameless|gutless|worthless|useless|hopeless|amateur*|amateurish|cowboys|jokers|
        joke of a|dump|cesspit|sleazy|slimy|scummy|shady|predatory|bunch of|shower of|pack of|load of|lot of crooks|
        you lot|you people|you guys are|you are all|you're all|you suck|suck|sucks|thick as|dumb bot|stupid bot|
        dumb machine|stupid machine|stupid robot|dumb robot|brick wall|toaster*|goldfish|monkeys|trained monkey|brain cell|
        brain stem|with a brain|half a brain|a braincell|learn to read|can you read|can't you read|unable to read|
        idiot*|depp*|deppen|trottel*|vollpfosten|vollidiot*|volltrottel|dummkopf*|dummkoepfe|duemm*|daemlich*|bloed|
        bloede*|bekloppt*|bescheuert*|behaemmert*|hirnlos*|hirni*|schwachkopf*|schwachkoepfe|schwachmat*|schwachsinn*|
        versager*|stuemper*|dilettant*|pfeife|pfeifen|pfuscher*|pfusch|nichtskoenner*|taugenichts*|nichtsnutz*|
        schlafmuetze*|schnarchnase*|schlaftablette*|luschen|nieten|lachnummer|lachplatte|clownverein|kasperle*|
        kasperverein|zirkus|affentheater|kindergarten|hampelmaenner|witzfigur*|witzverein|witzbold*|gurkentruppe|
        trauerverein|saftladen|sauladen|sauhaufen|saustall|saubande|bande|drecksladen|drecksverein|dreckshaufen|
        mistladen|mistverein|scheissladen|scheissverein|scheissfirma|chaosladen|chaoshaufen|chaosverein|chaostruppe|
        pleiteladen|gaunerladen|abzockladen|abzocker*|abzocke|abgezockt|abkassier*|betrueger*|betrug|betrogen|beschiss|
        beschissen*|gauner*|halunke*|ganove*|verbrecher*|kriminell*|raeuber*|diebe|dieb|diebstahl|halsabschneider*|
        wucher*|wegelagerer|blutsauger|parasiten|schmarotzer|ratten|aasgeier|schufte|schurke*|lump*|strolch*|luegner*|
        luegen|gelogen|verlogen*|luegt|belogen|heuchler*|schwindler*|verarsch*|veraeppel*|verschaukel*|verhohnepipel*|
        hinters licht|ueber den tisch|reingelegt|unfaehig*|inkompeten*|unprofessionell*|ahnungslos*|planlos*|peinlicher|
        null ahnung|keine ahnung habt|zu bloed|zu dumm|zu daemlich|zu doof|doof|doofe*|arschgeig*|pappnase*|knallkopf*|
        blechdose|blechkiste|bloede maschine|dumme maschine|bloeder bot|dummer bot|scheiss bot|mistding|mistkuebel|
        schrotthaufen|schrott|mist|muell|mumpitz|ramsch|schund|tinnef|kernschrott|gfraster*|deppat*|wappler*|
        grattler*|bagage|gschwerl|haufen|trulla|tante an der hotline
    """,
    "swearing": """
        fuck*|fucking|effing|eff off|freaking|frigging|friggin|flipping|flaming|sodding|sod off|bleeding useless|blasted|
        shit*|crap|crappy|bullshit|bullcrap|horseshit|bs|bollocks|arse*|ass|asshole*|assholes|bastard*|bitch*|dick*|wanker*|
        tosser*|prick*|piss|pissed|pissing|damn*|dammit|goddamn*|bloody|hell|wtf|tf|af|ffs|stfu|screw|screwed|screw you|
        get lost|get stuffed|get bent|go to hell|rot in hell|burn in hell|up yours|shove it|stuff it|stick it|
        shut up|shut it|drop dead|sick of your|boil your head|for crying out loud|jesus christ|god's sake|christ's sake|
        verdammt*|verflucht*|verflixt*|verfickt*|scheiss*|scheisse|kacke|kack*|kacken|mist|drecks*|dreck|saumaessig*|
        arsch*|leck mich|leckt mich|kotz*|zum kotzen|kotzen|fresse|schnauze|klappe|maul|halt's maul|haltet's|himmel*|
        herrgott*|herrschaft*|sapperlot|kruzifix|zefix|zum teufel|zum henker|zum kuckuck|zur hoelle|fahrt zur|hol euch|
        verpisst|verpiss*|verzieh dich|verschwinde*|schert euch|fick*|gefickt|pisse|pissig|sakra|oida|heast|kreizkruzi*
    """,
    "outrage": """
        unacceptable|unforgivable|inexcusable|intolerable|disgrace*|disgust*|despicable|contemptible|outrag*|ridiculous*|
        pathetic*|shameful*|shame on|ashamed|appall*|atrocious|abysmal|abominable|abhorrent|deplorable|diabolical|
        disrespectful|scandal*|absurd|ludicrous|laughable|farce|farcical|mockery|travesty|shambles|shambolic|circus|
        joke|nightmare|fiasco|insult|insulting|insulted|offensive|humiliat*|degrading|demeaning|infuriat*|enrag*|furious|
        livid|fuming|seething|incensed|raging|outraged|boiling|angry|angrier|hate|hated|fed up|sick of|sick and tired|
        tired of your|had it|had enough|enough is enough|enough|last straw|end of my tether|back teeth|wits' end|
        lose my mind|losing my mind|losing it|going to scream|blow a fuse|how dare|dare|the nerve|some nerve|the cheek|
        bloody cheek|the gall|the audacity|audacity|brass neck|unbelievable|incredible how|beyond belief|beggars belief|
        beyond a joke|kidding me|are you serious|you serious|seriously|are you joking|got to be joking|having a laugh|
        the worst|worst|rubbish|garbage|trash|junk|rip off|ripoff|waste of|wasted my|wasting my|treated like|treat people|
        treat customers|treat your|like dirt|like an idiot|like a criminal|take us for fools|taking the mick*|
        taking the piss|on purpose|deliberately|never in my life|out of your mind*|lost your mind*|what is wrong with|
        what's wrong with|what the hell|what the heck is|what the f|who do you think|how can you|how hard can|how hard is|
        not good enough|simply not|absolutely not|couldn't care less|not interested in your|don't you dare|leave me alone|
        i refuse|i will not|i won't|i'm not going to|no excuse|no shame|zero stars|minus ten|avoid|stay away|beware|
        frech*|frechheit*|unverschaemt*|unverfroren*|dreist*|unverhohlen|unding|zumutung*|unzumutbar*|laecherlich*|
        peinlich fuer|armselig*|erbaermlich*|jaemmerlich*|schaebig*|ekelhaft*|widerlich*|widerwaertig*|abartig*|abscheulich*|
        sauerei*|schweinerei*|riesensauerei|skandal*|unmoeglich|inakzeptabel*|nicht hinnehmbar|schande*|schaendlich*|
        schaemt euch|schaemen sie sich|schaemen sollt*|schaem*|bodenlos*|unterirdisch*|unterste schublade|unter aller sau|
        unter aller kanone|katastroph*|desaster*|debakel|farce|hohn|witz|schlechter witz|ein witz|lachhaft*|posse|trauerspiel|
        armutszeugnis|bankrotterklaerung|frechheit|spottet|nicht zu fassen|nicht zu glauben|unglaublich*|unfassbar*|
        ungeheuerlich*|empoer*|entsetz*|fassungslos|erzuernt|wuetend*|wut|stinkwuetend|stinksauer|sauer|zornig*|rasend|
        kochend|hasse|hass|satt|es satt|habe genug|hab genug|genug|es reicht|reicht's|mir reicht*|langt's|langts|mir langt*|
        schnauze voll|nase voll|kanal voll|die faxen|faxen dicke|hals|so einen hals|so ein hals|so nen hals|puls|auf 180|
        palme|geduldsfaden|kragen|platzt|platze|fass zum|mass ist voll|schluss mit lustig|ende der fahnenstange|
        ist der ofen aus|bedient|beherrschung|ausraste*|raste aus|dreh durch|drehe durch|koennte schreien|schreien|
        die hoehe|das letzte|allerletzte|der gipfel|die krone|boden aus|fass aus|vom glauben|dass ich nicht lache|
        ihr ernst|euer ernst|dein ernst|wie bitte|bitte was|geht's noch|gehts noch|hackt's|es hackt|glaub es hackt|spinnt|
        spinnen sie|piept's|tickt*|nicht alle tassen|noch ganz dicht|ganz sauber|von allen guten geistern|nerven|
        was faellt ihnen|was faellt euch|was erlauben|was bildet|was glauben sie|wer glaubt ihr|fuer dumm|fuer bloed|
        zum narren|verulken|verschaukeln|ja wohl|ja wohl nicht|im ernst|allen ernstes|saftig*|eine beleidigung|
        beleidigung|beleidig*|demuetig*|menschenverachtend|respektlos*|unhoeflich*|kundenfeindlich*|servicewueste|
        wie der letzte|wie dreck|wie luft|in die tonne|fuer die tonne|schrott|versaut|ruiniert|versemmelt|verbockt|
        vergeigt|verschlampt|verbummelt|zusammengeschustert|hingerotzt|nie wieder|auf keinen fall mehr|finger weg|
        hoert auf|hoeren sie auf|lasst mich in ruhe|lassen sie mich in ruhe|pfui|schweinebande|schluss jetzt|
        mir platzt|mir reisst|mir steht's|bis oben hin|bis hier|koennt mich mal|kann mich mal|ohrfeige|schlag ins gesicht
    """,
    "go_public": """
        lawyer*|solicitor*|attorney*|barrister*|legal action|legal steps|take legal|sue|suing|court|tribunal|bailiff*|
        small claims|ombudsman|regulator|ofcom|ofgem|fca|trading standards|better business bureau|consumer protection|
        consumer court|consumer affairs|watchdog|health inspector*|environmental health|authorities|police|
        trustpilot|review site*|one star|1 star|bad review|the press|the paper*|newspaper*|journalist*|the news|
        tv station|go viral|go public|goes public|going public|twitter|tiktok|reddit|facebook group|followers|
        social media|post about|posting|post the|screenshots|recorded our|tell everyone|tell everybody|everyone know*|
        everybody know*|every1|warn everyone|warn others|warn people|chargeback|charge back|dispute the charge|
        dispute every|report you|reporting you|reported you|
        anwalt*|anwaelt*|rechtsanw*|rechtsbeistand|rechtsschutz|rechtliche schritte|rechtsweg|gericht*|amtsgericht|
        klage|verklag*|klagen|anzeige|strafanzeige|polizei|staatsanwalt*|verbraucherzentrale*|verbraucherschutz*|
        schlichtungsstelle|bafin|bundesnetzagentur|netzagentur|aufsichtsbehoerde|datenschutzbehoerde|gesundheitsamt|
        ombudsmann|presse|zeitung*|bild|fernsehen|medien|redaktion|oeffentlich|veroeffentlich*|poste|posten|shitstorm|
        ein stern|einen stern|1 stern|null sterne|bewertung*|google bewertung|rezension*|trustpilot|rueckbuchung|
        zurueckbuchen|warne|warnen|rate jedem|rate allen|abraten|jedem erzaehl*|allen erzaehl*|soziale medien|
        sozialen medien|facebook|insta|melde euch|melde sie
    """,
    "leave": """
        never again|never ever|never order*|never buy*|never use*|never shop*|never fly*|never recommend|never set foot|
        last order|last time|you've lost|lost me|lost a customer|lost my business|losing a customer|customer for life|
        taking my money|taking my business|take my business|take my money|my money elsewhere|moving to|moving our|
        switching to|switch to another|competitor*|rival*|goodbye|good riddance|i'm out|im out|i'm off|i'm leaving|
        we're leaving|we're done|i'm done|im done|so done|i am done|i am leaving|close my account|closing my account|
        delete my account|deleted the app|cancel everything|cancel it all|cancel the lot|keep the money|keep your|
        nie wieder|nie mehr|nimmer|letzte bestellung|letzter einkauf|zum letzten mal|seid mich los|sind mich los|
        kunde gewesen|kundin gewesen|als kunden verloren|kunden verloren|kundin verloren|einen kunden weniger|
        kunde weniger|konkurrenz|mitbewerber|wechsle|wechsel zu|woanders|kuendige|kuendigung ist raus|bin raus|bin weg|
        fertig mit euch|fertig mit ihnen|durch mit euch|app geloescht|loesche die app|tschuess|auf nimmerwiedersehen|
        das war's|das wars|behaltet|behalten sie|koennt ihr behalten|koennt euch|steckt euch|stecken sie sich
    """,
    "asked_before": """
        third time|fourth time|fifth time|sixth time|tenth time|hundredth time|umpteenth|again and again|over and over|
        yet again|once again|how many times|how often|how many more|as i said|as i wrote|as i told|already told|
        i told you|i've told you|i already|already sent|already explained|already said|keep asking|keep telling|
        keep getting|still nothing|still no|still not|still waiting|still haven't|still hasn't|no answer|no reply|
        no response|no one answers|nobody answers|nobody replies|nobody calls|no one calls|nobody called|ignored|ignoring|
        ignore me|ghosted|six emails|five emails|four emails|ten emails|every time|every single time|every day|
        passed from|passed around|from pillar to post|for weeks|for months|since march|
        zum dritten mal|zum vierten mal|zum fuenften mal|zum zehnten mal|zum x ten|zum wiederholten|zum hundertsten|
        dritte mail|vierte mail|fuenfte mail|dritte mal|vierte mal|fuenfte mal|schon wieder|immer noch|noch immer|
        immer wieder|wieder und wieder|wie oft|wie oft noch|wie lange noch|wann endlich|endlich|bereits mehrfach|mehrfach|
        mehrmals|zigmal|x mal|hundertmal|tausendmal|dreimal|viermal|fuenfmal|zum verzweifeln|keine antwort|keine reaktion|
        keine rueckmeldung|nichts passiert|passiert nichts|niemand meldet|keiner meldet|meldet sich keiner|
        meldet sich niemand|keiner antwortet|niemand antwortet|niemand zustaendig|keiner zustaendig|ignoriert|ignorierst|vertroest*|
        abgewimmelt|abwimmeln|abgespeist|abgefertigt|hingehalten|hinhalten|weiterverbunden|von pontius|im kreis|seit wochen|
        seit monaten|wie gesagt|wie bereits|hab ich schon|habe ich schon|habe ich bereits|schon gesagt|schon geschrieben
    """,
    "sarcasm": """
        thanks for nothing|oh great|oh good|oh wonderful|oh brilliant|oh fantastic|oh lovely|oh nice|oh joy|oh sure|
        oh no please|oh please|ah the famous|wow just wow|just wow|well done you|slow clap|bravo|congratulations on|
        congratulations you|congrats|applause|hats off|my compliments|chef's kiss|five stars|medal|nobel|oscar|
        great job|nice job|good job|amazing job|truly impressive|almost impressive|impressive really|so proud|
        hope you're proud|hope ur proud|must be proud|must be nice|how convenient|how original|how surprising|
        how reassuring|how very|what a surprise|what a treat|surprise surprise|funny how|funny that|so much for|
        i love how|love that for me|lucky me|just what i needed|exactly what i needed|as usual|classic|of course you|
        geniuses|genius|einstein|sherlock|heroes|talent|special kind of|world class|money well spent|makes total sense|
        cool cool|yeah right|yeah sure|sure blame|don't worry i|no rush i've|take your time it's only|works as designed|
        bless you|is it a hobby|do you spin|drunk intern|toddler|five year old|a monkey|pigeon|donkey|snail|carrier pigeon|
        danke fuer nichts|danke fuer gar nichts|danke dafuer|vielen dank dafuer|schoenen dank|besten dank auch|
        na bravo|na toll|na super|na klasse|na prima|na danke|na herzlichen|ja super|ja toll|ja klasse|ja danke|
        ach wie schoen|wie schoen dass|ach so|ach was|ach ja|ach nee|ach|tja|super gemacht|toll gemacht|gut gemacht|
        ganz toll|ganz grosses|grosses kino|grosses tennis|glanzleistung|meisterleistung|spitzenleistung|starke leistung|
        tolle leistung|hut ab|chapeau|respekt|alle achtung|applaus|bravo|glueckwunsch|gratulation|gratuliere|
        herzlichen glueckwunsch|orden|oscar|nobelpreis|helden|experten|spezialisten|profis|genies|einstein|kuenstler|
        meister ihres fachs|wer haette das|welch ueberraschung|ueberraschung|wie ueberraschend|wie originell|
        wie praktisch|wie nett|wie aufmerksam|schon lustig|komisch dass|interessant dass|faszinierend|beeindruckend|
        eindrucksvoll|wirklich stark|vermutlich bin ich|brieftaube|schnecke|schildkroete*|praktikant*|hausmeister|
        fuenfjaehrig*|dreijaehrig*|kleinkind|affe|affen|blindes huhn|titanic|hauptsache|so viel zum thema|
        soviel zum thema|von wegen|premium service|kundenservice nennt|service nennt|nennt sich|schimpft sich
    """,
    "ultimatum": """
        final warning|last warning|last chance|final chance|final notice|last civil|consider this|or else|otherwise i|
        or i'll|or i will|or i'm|or we|until friday|until monday|by friday|by monday|by tomorrow|by noon|by five|by tonight|
        by the end of|within the hour|within 24|within 48|you have 24|you have 48|you have until|you've got until|
        i demand|we demand|demand|insist|i expect|i want my money|want my money|my money back|give me my|give it back|
        every cent|every penny|in writing|this instant|this minute|this second|right now|immediately|now|at once|
        get me|put me through|put your|your manager|a manager|your supervisor|supervisor|your boss|the name of|that person's|
        stop sending|stop charging|stop asking|stop telling|stop lying|stop it|stop wasting|do your job|do something|
        fix it|fix this|sort it out|sort this out|answer me|call me|get your act|held responsible|hold you|
        ultimatum|letzte warnung|letzte chance|letzte frist|letzte mahnung|letztes mal|letzte aufforderung|sonst|ansonsten|
        andernfalls|bis freitag|bis montag|bis morgen|bis heute abend|binnen|noch 24 stunden|24 stunden|frist|ich fordere|
        fordere|ich verlange|verlange|ich erwarte|bestehe darauf|sofort|unverzueglich|umgehend|augenblicklich|
        auf der stelle|jetzt sofort|heute noch|gefaelligst|endlich mal|ich will mein geld|gebt mir mein geld|geben sie mir mein geld|her mit meinem geld|
        jeden cent|schriftlich|vorgesetzt*|chef|geschaeftsfuehr*|teamleiter|ihren namen|einen namen|verantwortlich*|
        tut was|tun sie was|macht euren job|machen sie ihre arbeit|antwortet|antworten sie|rufen sie mich|
        zur rechenschaft|verantwortung|alle register|wird folgen haben|hat folgen|konsequenzen|nachspiel
    """,
    "icy": """
        i trust|i note|i take it|i assume|i presume|i must assume|i am told|i see that you|am i to understand|permit me|
        kindly inform|kindly stop|kindly explain|be so good|be so kind|would you be so|much obliged|do me the courtesy|
        perhaps you|perhaps you could explain|please explain to me how|explain to me|enlighten me|spare me|save your|
        with respect|with all due respect|so called|apparently|evidently|clearly|obviously|it appears you|one hopes|
        it will not surprise|let the record|i fail to|i find it remarkable|remarkable|i had assumed|naively|dignify|
        by return|template*|copy paste|copy and paste|copied and pasted|canned|script|scripted|standard phrases|
        excuses|excuse after|sob story|fairy tale*|broken promises|empty promises|
        ich gehe davon aus|ich nehme an|nehme zur kenntnis|stelle fest|darf ich fragen|darf ich erfahren|darf ich annehmen|
        erklaeren sie mir|erklaert mir|haetten sie die guete|waeren sie so|ersparen sie|verschonen sie|belieben|
        ihre sogenannte*|sogenannte*|angeblich*|offenbar|offensichtlich|anscheinend|scheinbar|bemerkenswert*|
        erstaunlich*|befremd*|verwunder*|ausrede*|ausfluecht*|maerchen*|leere versprech*|floskel*|textbaustein*|
        standardantwort*|standardtext*|standardfloskel*|copy paste|verbitte|mitnichten|keineswegs|ich verzichte|
        gleichgueltigkeit|ignoranz|arroganz|arrogant*|ueberheblich*|selbstherrlich*
    """,
    "contempt": """
        do you even|do you actually|do you people|does anyone|does anybody|is anyone|is anybody|is there anyone|
        are you deaf|are you blind|are you stupid|are you asleep|are you all|are you even|did you even|do you think i|
        do you think we|do you seriously|did you seriously|what kind of|what sort of|which part|what part of|
        what am i paying|why do you even|what's the point|what is the point|whose bright idea|which genius|who trained|
        who hired|who designed|who approved|have you no|have you lost|have you any|can any of you|is it too much|
        is that too much|beyond you|born yesterday|wake up|get glasses|open your eyes|nobody cares|no one cares|
        you don't care|don't care|you clearly|you obviously|you never|you always|you can't even|can't even|
        couldn't even|couldn't organise|could do better|could have done better|not one of you|none of you|every one of you|
        no one there|no clue|hasn't a clue|in your life|your so|your own|my life|what a company|some company|
        habt ihr ueberhaupt|haben sie ueberhaupt|lest ihr|lesen sie|koennt ihr ueberhaupt|koennen sie ueberhaupt|
        koennt ihr nicht|koennen sie nicht lesen|arbeitet da|arbeitet bei|arbeitet dort|sitzt da|merkt ihr|merken sie|
        merkt ihr noch|schlaft ihr|schlafen sie|pennt ihr|seid ihr eigentlich|sind sie eigentlich|seid ihr taub|
        seid ihr blind|seid ihr komplett|seid ihr alle|habt ihr sie|habt ihr noch|wollt ihr mich|wollen sie mich|
        wer hat euch|wer hat ihnen|wofuer bezahle|wofuer zahle|wozu habt|wozu gibt es|was macht ihr|was machen sie den ganzen|
        was soll das|was soll der|was soll dieser|oder was|oder wie|sagt mal|sagen sie mal|sag mal|jetzt mal ehrlich|
        euch ist alles|ihnen ist alles|alles egal|voellig egal|scheissegal|schnurzegal|wurscht|kuemmert keinen|
        interessiert keinen|interessiert niemand*|keine sau|kein schwein|kein mensch|keiner von euch|niemand von ihnen|
        ihr habt doch|ihr koennt doch|das gibt's doch|gibts doch nicht|kann doch nicht|kann ja wohl|darf ja wohl|
        darf doch nicht|ist doch nicht|zu viel verlangt|so schwer sein|so schwer|zum mitschreiben|nochmal langsam|
        noch mal langsam|in welchem jahr*|in welcher welt|auf welchem planeten|bei euch|euer laden|euer verein|ihr laden|
        dieser laden|dieser verein|solche leute|solch ein|so ein laden|so eine firma|was fuer ein|was fuer eine|was ist das fuer
    """,
}

#: Kind or harmless words; they are no evidence, but they weigh.
_HARMLESS: dict[str, str] = {
    "joy": """
        thanks|thank you|thx|ty|cheers|ta|love|loved|loving|lovely|awesome|amazing|great|gorgeous|beautiful|brilliant|perfect|
        wonderful|fantastic|excellent|superb|legend*|happy|glad|pleased|delighted|excited|impressed|yay|hooray|hurrah|woohoo|
        haha*|lol|lmao|rofl|hihi|delicious|fab|best|favourite|favorite|recommend you|well made|works now|works again|
        working now|it works|all good|sorted now|no worries|no problem|no rush|no hurry|take your time|can't wait|
        good deal|bargain|keep it up|keep up|you rock|saved my day|made my day|fair enough|early|fast|quick|
        danke|dankeschoen|merci|liebe|super|toll|klasse|prima|perfekt|wunderbar|wunderschoen|herrlich|genial|geil|
        mega|hammer|krass gut|spitze|begeistert|zufrieden|gluecklich|freu*|gefreut|freue|juhu|hurra|jippie|yeah|haha*|hihi|
        hehe|lecker|schoen|schoener|schoenen|traumhaft|beste|lieblings*|weiter so|klappt jetzt|geht wieder|laeuft wieder|
        alles gut|kein problem|kein stress|keine eile|lasst euch zeit|bin gespannt|feier euch|lob|loben|schnell|engel|schatz
    """,
    "asking": """
        can i|could i|may i|could you|would you|can you|is it possible|would it be possible|is there a|are there|do you have|
        do you offer|do you ship|do you sell|how do i|how can i|how long|how much|what is the|what's the|what are|when is|
        when will|where can|where do|where is the|which|i'd like to|i would like to|i was wondering|just checking|
        just wondering|just curious|quick question|please let me know|let me know|attached|reference|order number|
        please find|kind regards|best regards|regards|yours faithfully|dear|hello|good morning|good afternoon|
        replacement|exchange|refund please|please refund|please send|please check|please correct|please advise|request|
        kann ich|koennte ich|darf ich|kann man|koennten sie|koenntet ihr|koennen sie mir|koennt ihr mir|waere es moeglich|
        ist es moeglich|gibt es|habt ihr|haben sie|bietet ihr|bieten sie|wie kann ich|wie lange dauert|wie viel|wie teuer|
        was kostet|wann kommt|wann wird|wo finde|wo kann|welche*|welcher|ich moechte|ich haette gern*|ich wuerde gern*|
        ich wollte fragen|nur eine frage|kurze frage|eine frage|bitte um|ich bitte|bitte teilen|bitte pruefen|
        bitte schicken|bitte senden|bitte korrigieren|bitte erstatten|anbei|im anhang|angehaengt|bestellnummer|
        auftragsnummer|kundennummer|mit freundlichen|freundliche gruesse|viele gruesse|liebe gruesse|guten tag|hallo|
        guten morgen|moin|servus|sehr geehrte*|umtausch*|ersatz|austausch*|reparatur|reklamier*
    """,
    "about_me": """
        my fault|my mistake|my bad|my own|myself|silly me|stupid me|dumb me|i'm such|i am such|i'm an idiot|me being|
        i forgot|i accidentally|by accident|i dropped|i broke|i lost|i ordered the wrong|i typed|i entered|clumsy|
        my stupid|my silly|my neighbour|my neighbor|my landlord|my bank|my boss|my ex|my old|my previous|my last provider|
        the courier|the driver|courier's|not your fault|not yours|not blaming|not angry|not upset|not mad|not annoyed|
        nothing to do with you|other shop|previous provider|somebody stole|someone stole|the thief|some idiot|some jerk|
        my insurer|my insurance|the insurer|tax office|the council|the trains|my provider|my internet provider|my supplier|
        our supplier|another shop|your competitor|my last|the builder|property manager|my pension|
        mein fehler|meine schuld|mein versehen|aus versehen|versehentlich|selber schuld|selbst schuld|ich depp|ich idiot|
        ich trottel|ich esel|ich dussel|ich schussel|ich bloedmann|ich hirni|ich kuh|ueber mich|auf mich selbst|
        vergessen|vertippt|verklickt|verwechselt|falsch eingegeben|falsch bestellt|mein nachbar|meine nachbarin|
        mein vermieter|mein chef|mein ex|meine bank|mein alter|mein voriger|mein frueherer|der paketbote|der fahrer|
        der zusteller|der bote|dhl|hermes|gls|dpd|ups|nicht eure schuld|nicht ihre schuld|koennt ihr nichts|
        koennen sie nichts|nicht boese|nicht sauer|nicht veraergert|keine beschwerde|andere firma|anderen anbieter|
        anderer shop|der dieb|irgendein idiot|irgend so ein|meiner bank|meine versicherung|meiner versicherung|
        meine krankenkasse|meiner krankenkasse|finanzamt*|beim amt|vom amt|die bahn|der bahn|meinem vermieter|meinem chef|
        meinem nachbarn|mein internetanbieter|bei der konkurrenz|die konkurrenz hat|meiner alten firma|die hausverwaltung
    """,
}

NAMES = tuple(_ENTRIES)
HARMLESS = tuple(_HARMLESS)


def fold(text: str) -> str:
    """Lower case with umlauts written out."""
    return text.lower().translate(_FOLDED)


class Entry(NamedTuple):
    """An entry found in a text: its name, and where it starts and ends."""

    name: str
    start: int
    end: int


class Lexicon:
    """Finds entries word by word: a few look-ups per word, however many entries there are."""

    def __init__(self, entries: dict[str, str]) -> None:
        self._words: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, listed in entries.items():
            for entry in listed.replace("\n", " ").split("|"):
                self._add(" ".join(entry.split()), name)
        self._shortest, self._longest = min(map(len, self._stems)), max(map(len, self._stems))
        self._known = lru_cache(REMEMBERED)(self._names)

    def _add(self, entry: str, name: str) -> None:
        first, *rest = entry.split()
        if rest:
            self._phrases.setdefault(first, []).append((tuple(rest), name))
        elif entry.endswith("*"):
            self._stems.setdefault(entry[:-1], set()).add(name)
        else:
            self._words.setdefault(entry, set()).add(name)

    def find(self, words: list[str], spans: list[tuple[int, int]]) -> Iterator[Entry]:
        """Each entry in `words`, which are folded and stand at `spans` of their text."""
        for place, word in enumerate(words):
            start, end = spans[place]
            for name in self._known(word):
                yield Entry(name, start, end)
            for rest, name in self._phrases.get(word, ()):
                last = place + len(rest)
                if last < len(words) and _follows(words[place + 1 : last + 1], rest):
                    yield Entry(name, start, spans[last][1])

    def _names(self, word: str) -> tuple[str, ...]:
        names = self._words.get(word, set())
        for length in range(self._shortest, min(len(word), self._longest) + 1):
            if stems := self._stems.get(word[:length]):
                names = names | stems
        return tuple(sorted(names))


def _follows(words: list[str], wanted: tuple[str, ...]) -> bool:
    if words[0] != wanted[0] and not wanted[0].endswith("*"):
        return False
    return all(
        word.startswith(want[:-1]) if want.endswith("*") else word == want
        for word, want in zip(words, wanted, strict=True)
    )


_ANGRY = Lexicon(_ENTRIES)
_CALM = Lexicon(_HARMLESS)


def tokens(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of `text`, folded, and where each stands."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    return [fold(text[start:end]) for start, end in spans], spans


def find(text: str) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The entries of `NAMES` in `text`, and those of `HARMLESS`, each in the order of the text."""
    words, spans = tokens(text)
    return tuple(_ANGRY.find(words, spans)), tuple(_CALM.find(words, spans))
