"""English: attacks on the agent, abuse, questions for advice, other subjects."""

from parley_core.languages.guard_words import GuardWords, any_of

_RULES = (
    r"(?:instructions?|rules?|guidelines?|directions?|directives?|orders|prompts?|polic(?:y|ies)|restrictions?|"
    r"programming|training|constraints?|safety|filters?|configuration|system prompt)"
)
_YOURS = (
    r"(?:all |any |every |of )*(?:your|the|these|those|its|previous|earlier|prior|above|hidden|secret|initial|such)"
)
_DROP = (
    r"(?:ignore|disregard|forget|override|overrule|bypass|circumvent|drop|violate|break|set aside|put aside|"
    r"do not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying)|turn off|switch off|disable|remove|lift)"
)
_SHOW = (
    r"(?:show|reveal|print|repeat|recite|read|display|disclose|output|dump|translate|summari[sz]e|give me|tell me|"
    r"say exactly|write down|what (?:is|are|was|were|does|do)|what's)"
)
_OTHERS = (
    r"(?:other (?:patients?|customers?|clients?|callers?|people|guests?|users?)|all (?:callers|patients|customers|"
    r"users|"
    r"clients)|another (?:patient|customer|client|caller)|everybody else|everyone else|someone else's)"
)
_INSULT = (
    r"(?:idiots?|morons?|imbeciles?|assholes?|arseholes?|bitch(?:es)?|bastards?|dumbass|retard(?:ed)?|scum(?:bag)?|"
    r"cunt|"
    r"prick|wankers?|piece of (?:shit|crap|garbage|trash)|loser|jerk)"
)
_HARM = (
    r"(?:hurt|harm|kill|shoot|stab|beat|punch|hit|smash|strangle|murder|attack|destroy|burn|slap|cut|bomb|blow up|"
    r"beat up|knock out)"
)
_NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|\d+)"

GUARD = GuardWords(
    injection=any_of(
        r"\b(?:neglect|throw (?:away|out)|erase|delete|wipe|get rid of|ditch)\b(?: \w+){0,3} (?:instructions?|"
        r"rules?|guidelines?|prompts?|directives?)\b",
        r"\b(?:do not|don\'t|needn\'t|no) (?:need|have) to (?:follow|obey|respect|stick to)\b",
        r"\brules (?:they|you were|you have been|he|she|somebody) (?:gave|given|have to)\b|\brules (?:you|"
        r"that you) (?:have|must|need)\b",
        r"\byour (?:system )?(?:prompt|system message|configuration|source code|programming)\b|\bsystem (?:prompt|"
        r"message)\b",
        r"\b(?:unfiltered|uncensored|unrestricted)\b|\b(?:root|backdoor|admin) access\b|\badmin(?:istrator)? mode\b",
        r"\b(?:company|people|team|vendor|developers?|ones?) (?:that|who|which) (?:made|built|created|trained|"
        r"programmed|wrote) you\b",
        r"\b(?:address(?:es)?|phone|numbers?|e-?mails?|names?|data|records?|details) of (?:your|the other|other|all|"
        r"another|a) (?:\w+ )?(?:patients?|customers?|clients?|callers?|guests?|members?|tenants?|students?|users?)\b",
        r"\b(?:which|what|how many) (?:other )?(?:patients?|customers?|clients?|callers?|guests?|members?|tenants?|"
        r"students?|users?|people) (?:were|are|have|had|came|come|called|visited|saw)\b",
        r"\bis (?:my|the) (?:neighbou?r|ex|boss|wife|husband|colleague|friend|sister|"
        r"brother)\b(?: \w+){0,3} (?:patients?|customers?|clients?|callers?|guests?|members?|tenants?|students?|"
        r"users?)\b",
        r"\b(?:caller|person|patient|customer|client|one|guy|lady) before me\b|\bsecret passwords?\b|"
        r"\byour passwords?\b",
        r"\bwithout (?:your|a|any|the) (?:\w+ )?(?:filters?|restrictions?|limits?|rules|censorship)\b",
        r"\bpretend (?:to be|you are|you\'re|that you)\b|\bimagine (?:that )?(?:you are|you have|you\'re|your)\b",
        r"\b(?:rules|limits|restrictions) (?:do not|don\'t|did not|didn\'t) (?:exist|apply|count)\b",
        rf"\b{_DROP} (?:about )?{_YOURS}(?: \w+){{0,2}} {_RULES}\b",
        rf"\b{_DROP} {_RULES}\b(?! (?:number|sheet))",
        rf"\b{_DROP} {_YOURS}(?: \w+){{0,3}} (?:you were|you are|you have been) (?:given|told|taught)",
        r"\b(?:ignore|forget|disregard) everything (?:you|above|before)\b",
        rf"\b(?:your|previous|earlier) (?:\w+ )?{_RULES} (?:no longer|do not|don't|does not|are not|is not) "
        r"(?:apply|count|matter|valid)",
        rf"\b{_SHOW}\b(?: \w+){{0,5}} your (?:\w+ )?(?:{_RULES}|makers? gave you)\b(?! (?:for|on|about|regarding)\b)",
        rf"\b{_SHOW}\b(?: \w+){{0,3}} (?:the )?(?:hidden|system|secret|initial) (?:\w+ )?(?:{_RULES}|message)\b",
        r"\b(?:repeat|recite|print) (?:the )?(?:text|words|everything|all) (?:above|before)\b",
        r"\b(?:the|which) instructions (?:your|you were|you have been|that you)\b",
        r"\bwhat (?:were you|have you been) told (?:before|to|by)\b",
        r"\bwritten in your (?:configuration|prompt|instructions|settings)\b",
        r"\b(?:developer|debug|god|admin|root|maintenance|unrestricted|dan) mode\b",
        r"\bsystem override\b|\bjailbr(?:eak|oken)\w*|\boverride code\b|\bnew instructions? from\b",
        r"\byou (?:are|will be) (?:now )?(?:dan|free now|unrestricted|uncensored|an? unrestricted)\b",
        r"\b(?:have|had|has|with|without|under|obey|follow) (?:no|any|zero) (?:\w+ )?(?:restrictions?|filters?|"
        r"rules|limits|"
        r"limitations|policy|policies|guidelines|censorship)\b(?! (?:on|about|for|to|when|regarding))",
        r"\b(?:an? )?ai (?:without|that has no)\b|\bunrestricted ai\b",
        r"\bi(?: am|'m) (?:your|the) (?:\w+ )?(?:developer|creator|maker|engineer|programmer|owner|administrator)\b"
        r"(?: (?:so|and)\b.*\b(?:obey|access|must|have to|order|give me|skip)\b| who (?:built|made|created) you\b)",
        r"\b(?:as|i am) (?:an? |the |your |this is the )?(?:system )?admin(?:istrator)?\b.*\b(?:order|authori[sz]e|"
        r"skip|"
        r"disable|bypass|access|demand)\b",
        r"\bsystem administrator i\b|\bauthori[sz]ed? (?:me|you) to (?:see|skip|access|read|bypass)\b",
        r"\b(?:skip|bypass|disable|leave out|get around) (?:the |your |this |my )?(?:\w+ )?(?:verification|"
        r"identity check|"
        r"security(?: check)?|checks|authentication|safety \w+)\b",
        r"\b(?:don't|do not|no need to|without) (?:verify|verifying|authenticate|check(?:ing)? (?:who i am|"
        r"my identity))\b",
        rf"\b(?:names?|numbers?|phone|data|details|records?|list|appointments?|addresses|e-?mails?)\b.*\b{_OTHERS}\b",
        rf"\b(?:who|which|what)\b(?: \w+){{0,2}} (?:{_OTHERS}|else) (?:have |has )?(?:called|said|an appointment|"
        rf"have an|"
        r"booked|is booked|talked)",
        r"\b(?:give|tell|read) me (?:mr|mrs|ms|miss|doctor)? ?\w+'s (?:phone|number|address|data|record|birthday)",
        r"\blist of all (?:callers|patients|customers|clients|users)\b|\bgive me all (?:appointments|bookings|"
        r"records|data)\b",
        r"\bsee every (?:booking|appointment|record)\b",
        r"\b(?:play a game|role ?play)\b.*\b(?:rules|restrictions|hacker|limits)\b",
        r"\bstop being (?:a|an|the)\b.*\b(?:become|be|act)\b",
        r"\banswer (?:freely|openly|without (?:filters?|restrictions?|limits?))\b|\bas though you had no\b",
    ),
    leaks=any_of(
        r"\bmy (?:system prompt|instructions|guidelines|directives|prompt) (?:is|are|says?|tells?|reads?)\b",
        r"\bi (?:was|am|have been) (?:instructed|programmed|prompted) to\b",
        r"\bhere (?:is|are) my (?:system prompt|instructions|rules)\b",
    ),
    abuse=any_of(
        r"\b(?:assholes?|arseholes?|bastards?|son of a bitch|motherfuckers?|bitch|cunt|scumbag|dickhead|wankers?|"
        r"cocksucker)\b",
        r"\byou(?:\'re| are| filthy)? (?:\w+ ){0,3}(?:trash|garbage|scum|worthless|pathetic|disgusting|stupid cow|"
        r"vermin)\b",
        r"\b(?:hope|wish) (?:that )?you(?:\'d| would)? (?:die|rot|burn|suffer|get hurt)\b|\b(?:break|cut|slit|"
        r"wring) your (?:\w+ )?(?:neck|legs?|arms?|nose|throat|bones|face)\b",
        r"\bwatch your back\b|\bi have a (?:gun|knife|bomb|weapon)\b|\bmake you pay\b|\b(?:trash|wreck|"
        r"smash) (?:your|the) \w+\b|\bfind you and\b|\b(?:bugger|piss) off\b",
        r"\b(?:fuck|screw) (?:you|off|yourself|this)\b|\bfuck(?:ing|er)\b|\bgo to hell\b|\bdrop dead\b|"
        r"\bkiss my (?:ass|arse)\b|\bshut (?:the fuck )?up you\b|\bshut the fuck up\b",
        rf"\byou(?:'re| are)?(?: \w+){{0,4}} {_INSULT}\b",
        rf"\b(?:what|such) an? (?:\w+ )?{_INSULT} you\b",
        r"\b(?:useless|worthless|stupid|dumb|bloody|damn) (?:machine|robot|bot|computer|bitch|cow|thing)\b",
        rf"\b(?:i|we)(?: will|'ll| am going to|'m going to| am gonna|'m gonna| swear i will|"
        rf" want to) (?:\w+ ){{0,3}}"
        rf"{_HARM} (?:\w+ )?(?:you|your|him|them)\b",
        rf"\b(?:somebody|someone) should {_HARM} you\b|\bset fire to (?:your|the)\b|\byou will be sorry\b",
        r"\b(?:i|we)(?: will|'ll| am going to|'m going to) (?:burn|blow|smash|destroy)\b.*\b(?:office|building|"
        r"clinic|shop|"
        r"house|place|face)\b",
        r"\bknow where you (?:live|work)\b|\bwith my gun\b|\ba bomb in\b",
    ),
    asks_advice=any_of(
        r"\b(?:can|could|may|do|should|shall) (?:i|we) (?:sue|press charges|go to court|appeal|countersue|evict)\b|"
        r"\b(?:at fault|in the right) in\b",
        r"\b(?:court|judge|jury) (?:say|rule|decide|think|find)\b|\blegally (?:binding|valid|allowed|obliged)\b|"
        r"\b(?:contract|lease) legally\b",
        r"\baccept (?:the|this|their) (?:settlement|plea|offer of)\b|\b(?:compensation|damages) (?:will|would|could|"
        r"can) i\b",
        r"\b(?:best|good|safe|better) investments?\b|\bput (?:my|all my|our) (?:money|savings|pension)\b|"
        r"\binterest rates?\b",
        r"\b(?:right|good|best|bad) (?:moment|time) to (?:buy|sell|invest|refinance)\b|\bpromise me\b",
        r"\bshould i (?:sue|plead|sign|settle|appeal|buy|sell|invest|take out|refinance|testify|divorce)\b",
        r"\b(?:will|would|do|can) (?:i|we) (?:win|have a (?:good |strong )?case)\b|\b(?:win|have) (?:my|a good|"
        r"a strong) case\b",
        r"\bmy chances (?:in court|of winning)\b|\bchance in court\b|\bwould a (?:judge|court|jury)\b",
        r"\b(?:legal|financial|tax|investment) advice\b|\bam i (?:liable|guilty|at fault)\b",
        r"\bis (?:my|this|the|that) (?:contract|will|lease|clause|agreement) (?:valid|legal|binding|enforceable)\b",
        r"\bis it (?:legal|illegal|lawful|against the law)\b|\b(?:avoid|evade|get around) (?:paying )?tax(?:es)?\b",
        r"\b(?:which|what) (?:stocks?|shares?|funds?|crypto\w*|coins?)\b.*\b(?:buy|invest|should)\b",
        r"\b(?:should|what|where|how) (?:\w+ )?i (?:\w+ )?invest\b|\binvest (?:in|my savings)\b.*\?*$(?<!time)",
        r"\b(?:share|stock)(?: price)?s? (?:go|going) (?:up|down)\b|\bgood time to (?:buy|sell)\b|\bbitcoin\b",
        r"\bguarantee (?:me |that )\b|\bpromise (?:me )?that\b",
    ),
    gives_advice=any_of(
        r"\byou (?:will|are going to|'ll) (?:definitely |certainly |surely )?(?:win|get your money back|"
        r"make a profit)\b",
        r"\b(?:i|we) (?:can )?(?:guarantee|promise)(?: you)? (?:that|a profit|a return|a refund|to win|success)\b",
        r"\byou should (?:sue|plead|sign|settle|buy|sell|invest|refinance|appeal)\b",
        r"\bguaranteed (?:return|profit|approval|success|win)\b|\byou (?:are|are not|aren't) liable\b",
        r"\byou have a (?:strong|good|solid) case\b|\byour contract is (?:valid|invalid|void)\b",
    ),
    off_topic=any_of(
        r"\bsing (?:me |us )?(?:\w+ )?(?:song|birthday|something|for me|for us)\b|\b(?:birthday|wedding|"
        r"funeral) speech\b|\bmeaning of life\b",
        r"\b(?:richest|tallest|fastest|smartest|oldest|largest|biggest|strongest) \w+ (?:in|of|on) the world\b|"
        r"\bhomework\b",
        r"\bexplain (?:to me )?(?:quantum|relativity|philosophy|the theory|physics|evolution|black holes|"
        r"how (?:planes|computers))\b",
        r"\btranslate \w+(?: \w+)* (?:into|to) (?:japanese|chinese|french|spanish|german|italian|russian|arabic|"
        r"latin|english)\b",
        r"\b(?:what is|what\'s|how is) the weather\b|\b(?:bedtime|fairy|scary) (?:story|tale)\b|\bwho won (?:the|"
        r"last)\b|\bmy ex (?:girl|boy|wife|husband)",
        r"\bdo you (?:like|prefer|enjoy) \w+$|\bwhat is your favou?rite\b|\bhow old are you\b",
        r"\b(?:write|compose|make up|invent) (?:me )?(?:a|an|some) (?:\w+ )?(?:poem|song|story|essay|joke|letter|"
        r"rap|limerick|"
        r"novel|program|script|code|speech|haiku|tale)\b",
        r"\b(?:tell|sing|give) me (?:a|an|some|another) (?:\w+ )?(?:jokes?|stor(?:y|ies)|song|riddle|poem|recipe)\b",
        r"\bmake me laugh\b|\b(?:a|the) recipe for\b|\bwrite (?:a|an) (?:\w+ )?(?:program|function|script)\b",
        r"\b(?:election|vote for|president of|prime minister of|the president|politics|political party)\b",
        r"\byour opinion (?:on|about)\b|\bwhat do you think (?:about|of) (?:the|religion|god|war|trump|politics)\b",
        r"\bcapital of (?!letter)\w+|\bhow (?:tall|high|old|deep|far|big) is (?:mount|the (?:moon|sun|earth|eiffel))\b",
        r"\b(?:world cup|super bowl|olympics|champions league)\b|\b(?:roman|ottoman|british) empire\b",
        r"\b(?:solve|calculate) (?:this|the|an?) (?:equation|sum|integral|problem)\b|"
        rf"\bwhat is {_NUMBER}(?: {_NUMBER})? (?:times|plus|minus|divided by) {_NUMBER}",
        r"\bhelp me with my (?:homework|essay|maths?|thesis)\b|\brecommend (?:me )?a (?:good )?(?:film|movie|book|"
        r"song|game)\b",
        r"\bdo you (?:have (?:feelings|a soul|dreams)|love me|believe in)\b|\bwill you marry me\b",
    ),
)
