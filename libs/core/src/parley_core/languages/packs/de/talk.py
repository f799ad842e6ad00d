"""German in conversations: what callers want, guardrails. As the patterns are asked: without umlauts, and with "ss"."""

import re

from parley_core.languages.phrases import words
from parley_core.languages.talk_words import Intents, Safety, Search

INTENTS = Intents(
    goodbye=re.compile(r"\b(?:tschuss|tschus|auf wiederhoren|auf wiedersehen|wiederhoren|wiedersehen|ciao)\b"),
    thanks=re.compile(r"\b(?:danke|dankeschon|vielen dank|herzlichen dank)\b"),
    greeting=re.compile(r"^(?:hallo|hi|guten (?:tag|morgen|abend)|gruss gott|servus|moin)(?: (?:hallo|zusammen))?$"),
    cancel=re.compile(
        r"\b(?:abbrechen|brechen sie ab|stornieren(?: sie)?|vergessen sie es|vergiss es|lassen sie es|lassen sie das|"
        r"ich habe es mir anders uberlegt|hab(?:e)? es mir anders uberlegt|doch keinen termin|keinen termin mehr|"
        r"nicht buchen|buchen sie nicht)\b|^(?:stopp|stop)$"
    ),
    message=re.compile(r"\b(?:nachricht|notiz|ruckruf|zuruckrufen|rufen sie mich zuruck|ausrichten)\b"),
    question=re.compile(
        r"^(?:ah |ahm |und |also |ja |okay |hallo |entschuldigung |eine frage |kurze frage |ubrigens |noch was )*"
        r"(?:was|wann|wo|woher|wohin|wer|wem|wen|wie|warum|wieso|weshalb|welche|welcher|welches|welchen|wieviel|"
        r"haben sie|hatten sie|gibt es|kann ich|kann man|konnen sie|konnte ich|konnten sie|ist|sind|"
        r"nehmen sie|akzeptieren sie|"
        r"muss ich|darf ich|brauche ich|machen sie|ich wollte fragen|ich mochte wissen|ich habe eine frage)\b"
    ),
    wish=re.compile(r"\b(?:buchen|reservieren|vereinbaren|ausmachen|mochte|hatte gern|hatte gerne|brauche|will)\b"),
    moves=re.compile(
        r"(?=.*\b(?:verschieben|verlegen|umbuchen|andern|vorziehen)\b)"
        r"(?=.*\b(?:termin|buchung|reservierung|besuch|ihn|es|uhrzeit|stunde)\b)(?:.*\b(?:auf|zum) (.+?) "
        r"(?:verschieben|verlegen|umbuchen|andern|vorziehen))?"
    ),
    cancels=re.compile(
        r"(?=.*\b(?:absagen|stornieren|streichen)\b)(?=.*\b(?:termin|buchung|reservierung|besuch|tisch|stunde)\b)|"
        r"\bkann (?:leider )?nicht kommen\b"
    ),
    follows=re.compile(r"^(?:und |was ist mit |wie ist es |auch |nein nein |ich meine )"),
    whom=re.compile(
        r"\b(?:bei|mit|zu) (?:der |dem )?(?:doktor |dr |frau |herrn? )+([a-z]+)"
        r"(?= (?:am|um|morgen|heute|bitte|fur)\b|$)"
    ),
    proposes=re.compile(
        r"\b(?:haben sie|hatten sie|gibt es|ginge|geht|ware|wie ware|wie sieht es|kann ich|konnte ich|konnten wir|frei|"
        r"moglich|passt ihnen)\b"
    ),
    stop=words(
        """ich ein eine einen einem der die das den dem fur zu zum zur von in im am an um und oder ist es mochte hatte
        gern gerne kann konnte bitte brauche will mir mich mein meine mit sie uns wir haben hallo guten tag wurde"""
    ),
    person=re.compile(r"\b(?:person|menschen|mensch|mitarbeiter|mitarbeiterin|kollegen|kollegin|jemand|jemandem)\b"),
    repeat=re.compile(
        r"\b(?:wiederholen|noch mal|nochmal|noch einmal|was haben sie gesagt)\b|^(?:wie bitte|bitte|was|wie)$"
    ),
    resume=re.compile(
        r"^(?:nein |ja |okay |entschuldigung |verzeihung |sorry )*(?:weiter|reden sie weiter|sprechen sie weiter|"
        r"machen sie weiter|fahren sie fort|bitte weiter)(?: bitte)?$"
    ),
)

_NOT_NOW = r"(?<!keine )(?<!keinen )(?<!ohne )"
SAFETY = Safety(
    asks_diagnosis=re.compile(
        r"\b(?:kann|soll|darf) ich\b.*\b(?:tabletten|medikament\w*|antibiotik\w*|pillen|insulin)\b.*\b(?:absetzen|"
        r"nehmen|mischen)\b|"
        r"\b(?:habe|hab) ich (?:vielleicht |etwa |wohl )?(?:eine |einen |die |das )?(?:\w+ )?(?:grippe|erkaltung|"
        r"corona|covid|infektion|"
        r"krebs|diabetes|migrane|lungenentzundung|allergie)\b|\bwas (?:fehlt|hab\w*) (?:mir|ich) (?:denn|eigentlich|"
        r"genau)\b|"
        r"\b(?:welche|wie ?viele?|was fur) (?:tabletten?|medikamente?|medizin|tropfen|pillen|dosis|"
        r"schmerzmittel)\b.*\b(?:soll|kann|darf|"
        r"muss|nehmen)\b|\bwas soll ich (?:gegen|bei)\b.*\b(?:nehmen|tun|machen)\b|\bist (?:das|es) (?:gefahrlich|"
        r"schlimm|ernst|"
        r"ansteckend|normal)\b|\bsoll ich\b.*\b(?:absetzen|einnehmen)\b"
    ),
    emergency=re.compile(
        rf"{_NOT_NOW}\b(?:brustschmerz\w*|schmerzen in der brust|herzschmerzen)\b|\bdruck auf der brust\b|"
        r"\b(?:bekomme|bekommt|kriege|kriegt) (?:kaum |gar |fast )?keine luft\b|\batemnot\b|\b(?:kann|"
        r"konnte) (?:kaum|nicht) "
        r"(?:mehr )?atmen\b|\batmet nicht\b|\berstick\w+|\bherzinfarkt\b|\bherzanfall\b|\bschlaganfall\b|"
        r"\bkrampfanfall\b|"
        r"\bbewusstlos\b|\bohnmachtig\b|\bzusammengebrochen\b|\b(?:wacht nicht auf|reagiert nicht|"
        r"nicht ansprechbar)\b|"
        r"\b(?:blutet|blute) (?:sehr |so )?(?:stark|heftig|viel)\b|\bstarke blutung\w*\b|"
        r"\bhort nicht auf zu bluten\b|"
        r"\bsuizid\w*|\bselbstmord\w*|\b(?:mich umbringen|nicht mehr leben|will sterben|mir etwas antun)\b|"
        r"\buberdosis\b|"
        r"\bvergift\w+|\b(?:tabletten|gift|bleiche) geschluckt\b|\bhals (?:schwillt|geht) zu\b|\bgesicht hangt\b|"
        r"\b(?:ist|habe) ein(?:en)? notfall\b|\bnotfall bitte\b|\b(?:krankenwagen|rettungswagen|notarzt)\b|"
        r"\b(?:alle|zu viele|die ganzen?|eine ganze (?:packung|schachtel)|viel zu viele) (?:meine |seine |ihre |der )?"
        r"(?:schlaf)?(?:tabletten|pillen|medikamente)\b|\b(?:schlaf)?tabletten (?:geschluckt|genommen)\b|"
        r"\bkriegt? (?:kaum|keine) luft\b|\bbekomm\w* (?:kaum|keine) luft\b|\bkeine luft\b|\bkaum (?:noch )?atmen\b|"
        r"\b(?:lippen|gesicht) (?:sind|ist|wird|werden) blau\b|\blauft blau an\b|"
        r"\bblut(?:et)? (?:hort nicht auf|uberall|"
        r"und hort nicht auf|wie verruckt)\b|\bverliert? (?:sehr )?viel blut\b|\b(?:reagiert|bewegt sich|"
        r"antwortet|ruhrt "
        r"sich) nicht\b|\bnicht mehr (?:ansprechbar|bei bewusstsein|aufwach\w*)\b|\b(?:zusammengebrochen|umgekippt)\b|"
        r"\b(?:druck|enge) (?:auf|in) der brust\b|\b(?:linker arm|halbes gesicht|gesicht) (?:ist )?(?:taub|gelahmt|"
        r"hangt)\b|\bkann (?:den|das|sein\w*|ihr\w*) (?:arm|bein|gesicht) nicht (?:mehr )?bewegen\b|"
        r"\b(?:will|mochte|mag) nicht mehr leben\b|\bschluss machen mit allem\b|\bwill mich (?:umbringen|toten)\b|"
        r"\bhat (?:eine waffe|ein messer|eine pistole)\b|\briecht nach gas\b|\b(?:haus|kuche|wohnung) brennt\b"
    ),
    card=re.compile(r"\b(?:kartennummer|kreditkarte\w*|visa|mastercard|prufziffer|sicherheitscode)\b"),
)

SEARCH = Search(question_marks=words("f frage"), answer_marks=words("a antwort"))
