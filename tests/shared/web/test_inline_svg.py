import re
from xml.etree import ElementTree

from glsmed.shared.pages.figures import reliability_svg
from glsmed.shared.web.inline_svg import inline_svg


def test_a_drawing_of_ours_keeps_its_look_without_a_style() -> None:
    drawing = reliability_svg({"before <b>": [(0.1, 0.2), (0.7, 0.6)]}, title="how reliable")
    plain = str(inline_svg(drawing))
    assert "style" in drawing
    assert not re.search(r"\bstyle=|<style", plain)
    before, after = (ElementTree.fromstring(_alone(each)) for each in (drawing, plain))  # noqa: S314  # our own
    assert [one.tag for one in after.iter()] == [one.tag for one in before.iter() if not one.tag.endswith("style")]
    assert 'stroke-width="' in plain
    assert 'font-size="' in plain


def _alone(svg: str) -> str:
    """The drawing as a document."""
    return svg if "xmlns:xlink" in svg else svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
