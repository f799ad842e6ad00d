from parley.v1 import llm_pb2
from parley_core.reasons import EndReason
from parley_llm.summaries.local import ENDS, Summariser


def line(speaker: str, text: str) -> llm_pb2.TranscriptLine:
    return llm_pb2.TranscriptLine(speaker=speaker, text=text)


def outcome(
    tool: str, status: str = "TOOL_STATUS_OK", arguments: str = "{}", result: str = "{}"
) -> llm_pb2.ToolOutcome:
    return llm_pb2.ToolOutcome(tool=tool, status=status, arguments_json=arguments, result_json=result)


BOOKED = '{"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142"}'


def test_tells_what_was_asked_answered_and_booked():
    summary = Summariser().summarise(
        llm_pb2.SummariseRequest(
            lines=[
                line("agent", "Hello, this is Riverside Clinic."),
                line("caller", "what are your opening hours on saturday"),
                line("agent", "On Saturday we are open from nine to one."),
                line("caller", "i would like to book an appointment for next tuesday at ten thirty"),
                line("agent", "May I have your full name?"),
                line("caller", "thank you that is great goodbye"),
            ],
            outcomes=[outcome("find_slots"), outcome("book_appointment", arguments=BOOKED), outcome("send_sms")],
            end_reason="agent_hung_up",
        )
    )
    assert "opening hours on saturday" in summary.summary
    assert "open from nine to one" in summary.summary
    assert "An appointment was booked for Maria Lopez on Tuesday, November 24 at 10:30." in summary.summary
    assert "text message" in summary.summary
    assert list(summary.action_items) == ["Expect Maria Lopez on Tuesday, November 24 at 10:30."]
    assert summary.sentiment == "positive"
    assert summary.provider == "local"


def test_open_questions_messages_and_failures_become_action_items():
    summary = Summariser().summarise(
        llm_pb2.SummariseRequest(
            lines=[
                line("caller", "do you do laser surgery"),
                line("agent", "I am sorry, I do not know that. I can connect you to a colleague or take a message."),
                line("caller", "please tell doctor chen that i am late"),
                line("agent", "Thank you. I have noted your message, and a colleague will call you back."),
                line("caller", "this is terrible i am very angry"),
                line("agent", "I am sorry."),
            ],
            outcomes=[outcome("book_appointment", "TOOL_STATUS_FAILED", BOOKED)],
            end_reason="caller_hung_up",
        )
    )
    items = " ".join(summary.action_items)
    assert "laser surgery" in items
    assert "doctor chen" in items
    assert "book appointment" in items
    assert summary.sentiment == "negative"


def test_card_numbers_stay_out_and_an_empty_call_has_a_summary():
    card = "can i pay with four one one one one one one one one one one one one one one one"
    summary = Summariser().summarise(llm_pb2.SummariseRequest(lines=[line("caller", card), line("agent", "No.")]))
    assert "four one one" not in summary.summary + " ".join(summary.action_items)
    empty = Summariser().summarise(llm_pb2.SummariseRequest(end_reason="silence"))
    assert empty.summary.startswith("The caller said nothing.")
    assert empty.sentiment == "neutral"


def test_every_end_of_a_call_has_its_sentence():
    assert set(ENDS) == set(EndReason)
    newer = Summariser().summarise(llm_pb2.SummariseRequest(end_reason="moon_rose"))
    assert newer.summary.endswith("The call ended: moon rose.")
