"""English ends of sentences: what is complete, what goes on, what is being dictated."""

import re

from parley_core.languages.phrases import listed, numbers, words
from parley_core.languages.turn_words import Endings

_WH = words("what where when who whose whom which why how what's where's when's who's how's")
_AUXILIARIES = words(
    """is are was were am do does did has have had will would can could should may might must isn't aren't
    wasn't weren't don't doesn't didn't hasn't haven't hadn't won't wouldn't can't couldn't shouldn't isnt
    arent wasnt dont doesnt didnt hasnt havent wont wouldnt cant couldnt shouldnt"""
)
_PREPOSITIONS = words(
    """to of for from with at by into onto about between without than as per via under near during towards
    toward against among within except regarding concerning including like on behind beside across upon
    around"""
)
_SUBJECT = "(?:i|you|we|they|he|she|it|this|that|there|someone|somebody|anyone|anybody|everyone|people)"
_ASKS = "(?:do|does|did|can|could|will|would|should|may|must|shall|have|has|had|don't|didn't|can't|couldn't|won't)"
_BE = "(?:is|are|was|were|am|isn't|aren't|wasn't|weren't)"
_OF_A_NOUN = "(?:a|an|the|my|your|our|his|her|their|its|some|any|no|this|that|these|those|another|every)"
_ADJECTIVE = (
    "(?:new|old|big|small|large|nice|strange|weird|different|other|whole|same|full|late|early|monthly|weekly|annual|"
    "daily|single|double|private|public|local|main|next|nearest|closest|cheapest|current|previous|final|regular|"
    "second hand|front|back|upper|lower|top|bottom|left|right hand|few|couple of|lot of|bunch of|pair of|red|blue|"
    "green|white|black|grey|brown|yellow|long|short|hot|cold|heavy|light|good|bad|great|better|bigger|smaller|more)"
)
_COUNT = "(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred)"
_NEEDS_MORE = (  # verbs that have an object behind them
    "(?:book|bring|get|give|tell|make|take|put|find|buy|send|show|let|ask|reserve|pick up|set up|sign up|know|see|"
    "change|replace|check|order|need|want|have|use|reach|report|request|schedule|rent|renew|return|say|keep|mean|"
    "exchange|update|upgrade|become|include|contain|confirm|fill|fix|repair|rebook|discuss|arrange|move|find out)"
)
_MONTH = "(?:january|february|april|june|july|august|september|october|november|december)"

# What asks for a moment or for quiet, and what stands beside it.
_HOLD = (
    r"(?:wait|hold on|hang on|hold the line|bear with me|"
    r"(?:(?:for|give me|i need|need|in) )?(?:just )?(?:a|one|half a) (?:second|sec|minute|min|moment)|"
    r"(?:i'll|i will|i) be (?:right )?(?:with you|back|there|over|down)|"
    r"(?:i'm|i am) on (?:the|a) (?:phone|call|line)(?: (?:right )?now)?|"
    r"not (?:right )?now|sh+|quiet|be quiet|keep it down|"
    r"let me (?:check|see|think|look|ask)(?: that)?)"
)
_BESIDE = r"(?:ok|okay|yeah|yes|oh|um|uh|sorry|hey|well|please|just|can you|could you)"

ENDINGS = Endings(
    hold=re.compile(rf"^(?=(?:{_BESIDE} )*{_HOLD}(?: |$))(?:(?:{_BESIDE}|{_HOLD})(?: |$))+$"),
    fillers=words("um uh uhm er erm hmm hm ah eh umm uhh"),
    carry_on=words(
        """a an the my your his our their its every each another and but or nor because cause although though
        unless whereas if whether while since until till once when where which whose who how why what i we
        he she they i'm i'd i'll i've we're we'd we'll we've they're they've you're you've you'd you'll
        he's she's it's it'd it'll after before that's there's here's there're let's what's who's where's
        how's when's been be being very really quite just maybe perhaps mr mrs ms dr doctor miss mister st
        named called prefer said says keeps keep seems gonna wanna gotta wants needs plus dot underscore
        dash hyphen slash double triple also still not never don't isn't already been especially currently
        usually probably actually basically well so then next either neither both only almost about
        approximately roughly"""
    )
    | _AUXILIARIES
    | _PREPOSITIONS,
    auxiliaries=_AUXILIARIES,
    subjects=words("i you he she it we they that this there"),
    prepositions=_PREPOSITIONS,
    goes_on=re.compile(
        rf"\b{_ASKS} (?:{_SUBJECT}|he|she|we|they)$"
        rf"|\b{_ASKS} {_SUBJECT} (?:also|still|ever|even|always|please|just|usually|actually|really|possibly"
        rf"|already)$"
        rf"|\b{_ASKS} (?:the|your|my|our|his|her|their) \w+$|\b{_BE} {_OF_A_NOUN}$"
        rf"|\b{_OF_A_NOUN} (?:(?:very|really|rather|much|bit|slightly|most|first|second|third|last|next"
        rf"|little) )?{_ADJECTIVE}$"
        rf"|\b{_ASKS} {_SUBJECT} (?:have|need|take|accept|get|know|want|offer|sell) (?:any|some|a lot)$"
        rf"|\band {_COUNT}$"
        r"|\b(?:hoping|hope|think|if|when|because|whether|until|unless|before|after) (?:you|it|this|that)$"
        r"|\b(?:told|said|think|thought|know|heard|hope|sure|sorry|afraid|mean|so|read|see|means|believe|is"
        r"|was) that$"
        r"|\bof (?:this|that|these|those|all|one)$|\b(?:a little|a bit) (?:more|less|too)$"
        rf"|^(?:(?:yes|yeah|no|well|so|and|but|hi|hello|okay|um|uh) )*(?:i|we) (?:also |really |just )?"
        rf"(?:need|want|bought|ordered|got|prefer|found|booked|received|placed|made|lost my|broke my|paid|wanted"
        rf"|needed|"
        rf"live|work|moved|have|had|forgot|left|missed|sent|signed|tried|think|thought|heard|read|know|believe"
        rf"|wonder|"
        rf"hope|wish|guess)$"
        rf"|\b(?:to|can|could|would|will|should|can't|please|must|let's|just|i'll|didn't|don't|doesn't|couldn't|did) "
        rf"(?:{_SUBJECT} )?{_NEEDS_MORE}$"
        r"|\b(?:can|could|would|will|please|to|let|just) (?:you )?(?:please )?"
        r"(?:tell|give|send|show|let|help|bring|lend|get|call) (?:me|us|him|her|them)$"
        r"|\b(?:i'm|i am|we're|we are|i was|i've been|been|you're) (?:just )?"
        r"(?:wondering|trying|hoping|planning|supposed|able|allowed|looking|calling|interested|having|getting|going|"
        r"sorry|afraid|sure|waiting|allergic|based|located|hoping|using|running|expecting|told|used)$"
        rf"|\b{_OF_A_NOUN} {_COUNT}$"
        r"|\b(?:in front|because|next|due|according|prior)$"
        r"|\b(?:there (?:is|are|was|were|will be|should be|has been)|there's)(?: \w+ly)?$"
        rf"|\b(?:the|on|of|since|until|in|is|was) {_MONTH}(?: the)?$|\bthe (?:twenty|thirty)$|\bhalf$|\bquarter$"
        r"|\b(?:area|zip|post|postal|country|promo|access) code$|\b(?:it|that|which|who) (?:was|is|has|had)$"
        r"|^(?:(?:yes|well|so|and|okay|hello|hi) )*(?:my|the|our) (?:\w+ )?(?:name|number|address|question"
        r"|problem|issue|appointment|reservation|order)$"
        r"|\b(?:can|could|does|did|do|would|will|should|has|have) (?:someone|somebody|anyone|anybody|the \w+)$"
        r"|\b(?:as|so) (?:soon|long|far|much|well|many)$|\b(?:as well|depends|depending|whole|rather|able|even)$"
    ),
    may_go_on=re.compile(
        r"\bhow (?:much|many|long|far|often|soon|big|old|late|early)$|\b(?:what|which) (?:kind|sort|type|day|time"
        r"|part)$"
        r"|\b(?:have|there|got|need|find|want) (?:anything|something|somewhere|someone)$"
        rf"|\b{_MONTH}$|\b(?:has|have|had|is|are|was|were|hasn't|haven't) \w+ed$"
    ),
    ends=re.compile(
        r"\b(?:how are you|who are you|where are you|what is (?:it|that|this)|who is (?:it|that|this)|how is it)$"
        r"|\b(?:think|hope|guess|believe|suppose|said|told|afraid) (?:so|not)$|\b(?:why|of course|maybe|probably"
        r"|better"
        r"|certainly|i'm|or|am|whether or|is it|it is|it's|he's|she's|we're|they're|absolutely|definitely) not$"
        r"|n't (?:i|you|we|they|he|she|it|there)$|\b(?:not|n't|never|no) .*\b(?:do|did|does|is|are|will"
        r"|can) (?:you|it|they)$"
        r"|\b(?:week|day|month|year|one|night|evening|morning|weekend) (?:after|before)$"
        r"|\b(?:come|check|drop|log|sign|move|stop|go|hold|turn|switch|put|call|swing|be|stay|fill) (?:it |me "
        r"|that )?"
        r"(?:in|on|by|over|around|near|back|out|up|off)$|\b(?:i'll|we'll|will|can|could|to) (?:be|call|come|go"
        r"|get|pay|"
        r"send|bring|have) (?:you |it |that |him |her |them )?back$|\b(?:call|ring|phone) (?:me|you|us|them|back)$"
        r"|\b(?:do|does|did) (?:you|i|we|they|he|she|it) (?:have|need|want|mean|know|think|say|take|charge|use)$"
        r"|\bwhat (?:do|does|did|should|can) (?:you|i|we|they|he|she|it) \w+$"
        r"|^(?:no|yes|yeah|well) (?:not )?(?:actually|then|either|really|never|already|still|i've already)$"
        r"|\b(?:as well|right now|any more|anymore|for now|and so on|or so|or not|as usual|thank you then|okay then|"
        r"fine then|bye then|good then|me too|what's it like|what else|who else|anything else|nothing else|never)$"
        r"|^(?:(?:yes|no|yeah|well|oh|of course|sorry|actually|but|because) )*"
        r"(?:i|we|they|he|she|it) (?:already |just |never |really )*(?:did|do|does|am|are|is|have|has|was|were|can|"
        r"can't|don't|didn't|haven't|won't|will|would)(?: not)?$|\b(?:that's|it's|is|was|are) (?:all|it"
        r"|everything|enough|"
        r"okay|fine|right|wrong|correct|true|good|great|perfect|better)$|\b(?:let|gave|told|showed|helped) (?:me"
        r"|us) know$"
        r"|\b(?:the|this|that) (?:first|second|third|last|next|other|same|left|right|bigger|smaller|red|blue"
        r"|black|white|"
        r"green|cheapest|early|late|large|small) one$|^(?:please |just )?(?:wait|stop|help|listen)(?: please)?$"
        r"|\bno (?:problem|thanks|thank you|worries)$|\b(?:something|nothing|anything|someone) (?:different|new"
        r"|else)$"
        r"|\b(?:all|everything|whatever|anything|nothing|something|what|one|that's|way) (?:i|you|we) (?:need|want"
        r"|know|have|"
        r"get|ordered|bought|see)$|\bbetter$"
    ),
    answers=words(
        """yes no yeah yep nope sure okay ok correct right thanks goodbye bye hello hi please absolutely
        exactly perfect never always today tomorrow tonight"""
    ),
    questions=_WH,
    asking=_WH
    | words(
        """do does did is are was were can could will would should may have has am isn't aren't don't doesn't can't"""
    ),
    choices=words("or"),
    verbs=words(
        """want need book have take make see know get come go call speak talk cancel change move schedule
        like help have was is am are would tell ask send pay bring find visit check reschedule confirm
        think hope hurt hurts lost broke works right wrong fine good got bought came went gave said told
        took made left found heard thought brought sent paid keeps stopped looks sounds feels costs starts
        ends opens closes leaks smells makes doesn't can't"""
    ),
    verb_endings=("ed", "n't"),
    whole=re.compile(
        r"^(?:(?:yes|yeah|no|okay|ok|well|oh|sure|great|perfect)[ ,]+)*"
        r"(?:(?:that|it|this)(?:'s| is| was| will be| would be)? (?:right|correct|fine|good|perfect|great|all|it"
        r"|wrong|"
        r"everything|works)(?: thank you| thanks| please)?|please|"
        r"thank you(?: very much| so much)?(?: goodbye| bye)?|thanks(?: a lot)?|good ?bye|not at all|of course|"
        r"no problem|that's all(?: thank you| thanks)?|never mind|i (?:do|don't|am|would|can|can't|will)|go on|"
        r"go ahead|hold on|one moment|just a moment|wait)$"
    ),
    digits=numbers(
        "zero oh o nought one two three four five six seven eight nine",
        """ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty
        forty fifty sixty seventy eighty ninety""",
    ),
    repeats={"double": 2, "triple": 3},
    scales=words("hundred thousand"),
    joins=words("and"),
    letters=words("a i"),
    half_days=listed("a m, p m"),
    names_of_letters=words("zee zed aitch double-u"),
    address=re.compile(r"\b(?:at|dot) [a-z]+ dot\b|@|\be-?mail(?: address)? is\b|\bunderscore\b"),
    domain=re.compile(r"(?: dot |\.)(?:com|org|net|edu|gov|io|uk|us|de|info|ca|au|nz|ie|in|eu|biz|me|app|dev|za)$"),
    longer=re.compile(r"(?: dot |\.)(?:co|ac)$"),
    figures=re.compile(
        r"\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
        r"|\w+(?:teenth|tieth)"
    ),
    centuries=re.compile(r"eighteen|nineteen|twenty|hundred|thousand"),
    phone=(10, 10),
    prefixes=words("plus zero oh o 0 one 1"),
    born=re.compile(r"\b(?:birth|born|birthday)\b"),
    lives=re.compile(r"\b(?:live (?:at|on|in)|(?<!mail )(?<!e-mail )(?<!email )address (?:is|would be))\b"),
    street=re.compile(
        r"\bcorner of \w+ and \w+|\b(?:street|avenue|road|lane|drive|boulevard|court|place|square|terrace"
        r"|crescent|close|highway|parkway|"
        r"broadway|row|hill|gardens|mews)\b(?: (?:north|south|east|west))?"
    ),
    asked={
        "spelling": re.compile(r"\bspell"),
        "birth": re.compile(r"\b(?:date of birth|birth ?date|birthday|when were you born)\b"),
        "phone": re.compile(r"\b(?:phone|telephone|mobile|cell|callback) number|\bnumber (?:can|may) (?:we|i)"),
        "email": re.compile(r"\be-?mail"),
        "address": re.compile(r"\b(?:address|where do you live)\b"),
        "number": re.compile(r"\b(?:number|code|digits|zip|postcode|post code)\b"),
        "name": re.compile(r"\b(?:your|full|last|first) name\b"),
    },
    asks=re.compile(r"\?|\b(?:please|tell me|give me|what is)\b"),
)
