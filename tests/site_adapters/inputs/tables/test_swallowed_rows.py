import pytest

from glsmed.site_adapters.inputs.tables.swallowed_rows import RowShapes

ROWS = [["s1", "p1", "1.png", "", "Clear."], ["s2", "p2", "2.png", "", "Normal."]]


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("Clear.\ns5,p5,5.png,,Normal.\ns6,p6,6.png,,Clear.", 2),
        ("Clear.\r\ns5,p5,5.png,,Normal.", 1),
        ('Clear.\ns5,p5,5.png,,"Normal, again."', 1),
        ("Lungs clear, no effusion, no mass, heart normal, bones normal.\nNo change, in all, of it, since, May.", 0),
        ("Findings:\neffusion,mass,nodule,hernia,fracture: none", 0),
        ("FINDINGS\n\nClear.", 0),
        ("s5,p5,5.png,,one line", 0),
    ],
)
def test_lines_like_the_rows_around_are_counted_and_prose_is_not(cell: str, count: int) -> None:
    record = ["s3", "p3", "3.png", "", cell]
    assert RowShapes([*ROWS, record], ",").rows_within(record) == count


def test_a_table_of_which_all_was_swallowed_is_recognised() -> None:
    record = ["s1", "p1", "1.png", "", "Clear.\ns2,p2,2.png,,Normal."]
    assert RowShapes([record], ",").rows_within(record) == 1
