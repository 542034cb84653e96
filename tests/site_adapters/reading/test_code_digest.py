import shutil
import subprocess
import sys
from pathlib import Path

from glsmed.site_adapters.reading import code_digest
from glsmed.site_adapters.reading.code_digest import reading_code_digest

PACKAGE = Path(code_digest.__file__).parents[1]


def digest_of(copy: Path) -> str:
    program = (
        f"import runpy; print(runpy.run_path({str(copy / 'reading' / 'code_digest.py')!r})['reading_code_digest']())"
    )
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def test_any_change_of_the_code_that_reads_changes_it(tmp_path: Path) -> None:
    copy = tmp_path / "site_adapters"
    shutil.copytree(PACKAGE, copy)
    assert digest_of(copy) == reading_code_digest()
    seen = {reading_code_digest()}
    for name in ("reading/scopes.py", "text/sentences.py", "adapter/loader.py", "calibration/hierarchy.py"):
        path = next(copy.glob(name), None) or next((copy / name.split("/")[0]).glob("[a-z]*.py"))
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        seen.add(digest_of(copy))
    assert len(seen) == 5
    (copy / "lint" / "new.py").write_text("")
    assert digest_of(copy) in seen
