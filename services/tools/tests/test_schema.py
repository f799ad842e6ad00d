import json

import pytest
from parley_core.errors import BadInput
from parley_tools.builtin.book_appointment import BookAppointmentArguments
from parley_tools.schema import canonical, check, parse_arguments, schema_of

NESTED = {
    "type": "object",
    "properties": {
        "who": {
            "type": "object",
            "properties": {"age": {"type": "integer", "minimum": 0}, "size": {"enum": ["s", "m"]}},
            "required": ["age"],
        },
        "list": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"who": {}}, "who.age is required"),
        ({"who": {"age": "x"}}, "who.age must be of type integer"),
        ({"who": {"age": -1}}, "who.age must not be below 0"),
        ({"who": {"age": 1, "size": "xl"}}, "who.size must be one of s, m"),
        ({"list": ["a", 1]}, "list.1 must be of type string"),
        ({"list": ["a", "b", "c"]}, "list must have at most 2, has 3"),
        ({"whom": 1}, "whom is not known; known are list, who"),
    ],
)
def test_problems_name_the_path_and_what_is_wanted(value: dict[str, object], problem: str) -> None:
    with pytest.raises(BadInput) as failure:
        check(NESTED, value, "arguments")
    assert str(failure.value) == f"arguments: {problem}"


def test_all_problems_are_told_at_once_and_no_value_is_quoted() -> None:
    with pytest.raises(BadInput) as failure:
        check(schema_of(BookAppointmentArguments), {"when": 17, "phone": "555", "colour": "secret-value"}, "arguments")
    for part in ("when must be of type string", "phone must have at least 7", "name is required", "colour is not"):
        assert part in str(failure.value)
    assert "secret-value" not in str(failure.value)
    assert "555" not in str(failure.value)


def test_many_problems_are_cut_short() -> None:
    with pytest.raises(BadInput, match="and 3 more"):
        check(NESTED, {f"f{number}": 1 for number in range(8)}, "arguments")


@pytest.mark.parametrize("text", ["{", "[1]", '"a"', "{'a': 1}", '{"a": NaN}', "[" * 100_000, '{"a": "' + "x" * 70_000])
def test_arguments_that_are_no_json_object_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^arguments"):
        parse_arguments(text)


def test_lone_surrogates_in_arguments_are_replaced() -> None:
    assert parse_arguments(r'{"who":"Ana \ud83d","\udc00":"\ud83d\ude00"}') == {
        "who": "Ana \ufffd",
        "\ufffd": "😀",
    }


def test_null_counts_as_not_given_and_empty_as_no_arguments() -> None:
    assert parse_arguments('{"a": null, "b": 1}') == {"b": 1}
    assert parse_arguments("") == {}


def test_schemas_from_models_carry_no_titles() -> None:
    schema = schema_of(BookAppointmentArguments)
    assert '"title"' not in json.dumps(schema)
    assert schema["required"] == ["when", "name", "phone"]


def test_equal_values_have_one_canonical_text() -> None:
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == '{"a":"\\u00fc","b":1}'
