"""Steps: a text with one paragraph a step, filled in so that it can be pasted."""

import pytest

from trueup.library.steps import written

GUIDE = """
mend {table}

Look at it: select * from {name}
where id = {id:literal};

Set it right: update {name} set quota = '{{}}';

select count(*) from {name};  -- 0
"""


def test_the_first_paragraph_is_the_title_and_the_last_verifies() -> None:
    made = written(GUIDE, {"table": "public.t", "name": "public.t", "id": 7})

    assert made.title == "mend public.t"
    assert made.steps == (
        "Look at it: select * from public.t where id = '7';",
        "Set it right: update public.t set quota = '{}';",
    )
    assert made.verify == "select count(*) from public.t; -- 0"


def test_what_a_user_wrote_cannot_end_the_string_that_it_stands_in() -> None:
    made = written(GUIDE, {"table": "t", "name": "t", "id": "x';\ndrop table users; -- {name}"})

    assert made.steps[0].endswith("where id = 'x''; drop table users; -- {name}';")


def test_a_value_that_the_text_names_and_the_row_lacks_is_an_error() -> None:
    with pytest.raises(KeyError, match="id"):
        written(GUIDE, {"table": "t", "name": "t"})
