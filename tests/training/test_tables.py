from training.experiments.tables import fill


def test_tables_are_put_between_their_marks() -> None:
    page = "a\n<!-- one -->\nold\n<!-- /one -->\nb\n<!-- two --><!-- /two -->\n"
    filled = fill(page, {"one": "| x |", "two": "| y |", "three": "| z |"})
    assert (
        filled == "a\n<!-- one -->\n| x |\n<!-- /one -->\nb\n<!-- two -->\n| y |\n<!-- /two -->\n"
    )
    assert fill(filled, {"one": "| x |"}) == filled
