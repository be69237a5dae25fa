from archspec.operators import OPERATORS
from archspec.oracle.rules import RULES


def test_every_operator_has_a_rule_and_no_rule_is_without_an_operator():
    assert set(RULES) == set(OPERATORS)
