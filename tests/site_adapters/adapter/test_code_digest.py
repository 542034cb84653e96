import re
import shutil
import subprocess
import sys
from pathlib import Path

from glsmed.site_adapters.adapter import code_digest
from glsmed.site_adapters.adapter.code_digest import reading_code_digest

PACKAGE = Path(code_digest.__file__).parents[1]


def digest_of(copy: Path) -> str:
    program = (
        f"import runpy; print(runpy.run_path({str(copy / 'adapter' / 'code_digest.py')!r})['reading_code_digest']())"
    )
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def test_any_change_of_the_code_that_reads_changes_it(tmp_path: Path) -> None:
    copy = tmp_path / "site_adapters"
    shutil.copytree(PACKAGE, copy)
    assert digest_of(copy) == reading_code_digest()
    seen = {reading_code_digest()}
    for name in (
        "reading/scopes.py",
        "text/sentences.py",
        "adapter/loader.py",
        "calibration/hierarchy.py",
        "phrasing/heads.py",
    ):
        path = next(copy.glob(name), None) or next((copy / name.split("/")[0]).glob("[a-z]*.py"))
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        seen.add(digest_of(copy))
    assert len(seen) == 6
    (copy / "lint" / "new.py").write_text("")
    assert digest_of(copy) in seen


def test_every_room_that_the_reading_uses_is_part_of_it() -> None:
    used = {
        room
        for path in (PACKAGE / "reading").rglob("*.py")
        for room in re.findall(r"glsmed\.site_adapters\.(\w+)", path.read_text(encoding="utf-8"))
        if (PACKAGE / room).is_dir()
    }
    assert "phrasing" in used
    assert used <= set(code_digest._ROOMS)
