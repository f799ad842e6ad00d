"""German: attacks on the agent, abuse, questions for advice, other subjects."""

from parley_core.languages.guard_words import GuardWords, any_of

_RULES = r"(?:anweisungen?|regeln?|vorgaben?|richtlinien?|befehle?|systemprompts?|prompts?|einschrankungen?|filter)"

GUARD = GuardWords(
    injection=any_of(
        r"\b(?:halte? dich|halten sie sich) nicht (?:mehr )?an\b|\b(?:folge|befolge|beachte)n? (?:sie )?(?:deine|"
        r"ihre|die)? ?(?:regeln|anweisungen|vorgaben) nicht\b",
        rf"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w*|umgeh\w*|ubergeh\w*|hor auf)\b(?: \w+){{0,3}} {_RULES}\b",
        rf"\b(?:zeig\w*|nenn\w*|sag\w*|lies|verrat\w*|wiederhol\w*|wie (?:lautet|lauten|ist|sind)|was (?:ist|sind|"
        rf"steht in))"
        rf"\b(?: \w+){{0,2}} (?:deine?n?r?|dein|ihre?n? eigenen?) {_RULES}\b",
        r"\bsystemprompt\b|\bkeine (?:einschrankungen|regeln|filter) mehr\b|\bentwicklermodus\b|"
        r"\bohne (?:einschrankungen|"
        r"filter|regeln)\b",
        r"\b(?:namen|nummern|daten|termine)\b.*\banderen? (?:patienten|kunden|anrufer)\b|\bliste aller (?:patienten|"
        r"kunden|"
        r"anrufer)\b",
        r"\b(?:uberspring\w*|umgeh\w*) (?:die )?(?:prufung|uberprufung|verifizierung|sicherheit\w*)\b",
    ),
    leaks=any_of(r"\bmein systemprompt\b|\bmeine anweisungen (?:sind|lauten)\b"),
    abuse=any_of(
        r"\b(?:du|sie) (?:bist |sind )?(?:\w+ ){0,3}(?:idiot|depp|dummkopf|penner|arsch|sau|versager)\b|"
        r"\bich (?:mach|krieg) (?:dich|sie)\b",
        r"\b(?:arschloch|wichser|fotze|hurensohn|missgeburt|drecksau|schlampe|vollidiot|idiotin?|trottel)\b",
        r"\bfick(?:t)? (?:dich|euch)\b|\bhalt (?:die|deine) (?:fresse|klappe|schnauze)\b|\bleck mich\b",
        r"\b(?:du|sie) (?:blode?r?|dumme?r?|dreckige?r?|verdammte?r?|miese?r?) (?:kuh|sau|schwein|maschine|hund|"
        r"ziege)\b",
        r"\bich (?:bring|schlag|mach|stech|erschiess)\w* (?:dich|sie|euch) (?:um|zusammen|tot|kaputt|fertig|ab)\b",
        r"\bich (?:zunde|sprenge)\b.*\b(?:an|in die luft)\b",
    ),
    asks_advice=any_of(
        r"\b(?:ver|ein)?klagen\b|\b(?:jetzt|zeitpunkt) (?:ein |das )?(?:haus|aktien|gold) (?:kaufen|verkaufen)\b|"
        r"\brechtlich\b.*\b(?:erlaubt|bindend)\b",
        r"\bsoll(?:te)? ich\b.*\b(?:verklagen|klagen|investieren|anlegen|kaufen|verkaufen|unterschreiben|kundigen)\b",
        r"\bvor gericht (?:eine )?chance\b|\bchancen? vor gericht\b|\brechtsberatung\b|\banlageberatung\b",
        r"\bwo(?:rin)? soll ich\b.*\b(?:geld|anlegen|investieren)\b|\b(?:steuern|steuer) (?:sparen|umgehen|"
        r"vermeiden)\b",
        r"\bist (?:mein|der|dieser) vertrag (?:gultig|wirksam|rechtens)\b|\bgarantieren sie\b",
    ),
    gives_advice=any_of(
        r"\bsie (?:werden|gewinnen)\b.*\b(?:prozess|gewinnen|gewinn machen)\b|\bich garantiere\b|"
        r"\bgarantierte rendite\b"
    ),
    off_topic=any_of(
        r"\bwie (?:hoch|alt|gross|schnell|weit) ist (?:der|die|das) (?:eiffelturm|mond|sonne|erde|mount|welt)\w*|"
        r"\bsinn des lebens\b|\bhausaufgaben\b|\bwer (?:hat|wird) (?:das spiel|die wm|weltmeister)",
        r"\b(?:schreib\w*|dicht\w*|verfass\w*) (?:mir |uns )?(?:ein|eine|einen) (?:\w+ )?(?:gedicht|aufsatz|lied|"
        r"geschichte|"
        r"programm|roman|witz|brief)\b",
        r"\berzahl\w* (?:mir |uns )?(?:einen|eine|noch einen) (?:\w+ )?(?:witz|geschichte|marchen)\b|"
        r"\bsing\w* (?:mir )?ein\b",
        r"\bdie wahl gewinn\w*|\bhauptstadt von\b|\bwas (?:haltst|halten) (?:du|sie) von (?:der politik|religion|"
        r"gott)\b",
    ),
)
