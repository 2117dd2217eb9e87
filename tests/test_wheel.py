"""The wheel works where there is nothing else: its own environment, another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("dbagent-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and nothing of this checkout in it.

    The dependencies are those of the environment that runs the tests, by a path file: installing them again would
    take a minute and show nothing about the wheel.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    site = next((place / "lib").glob("python3*")) / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    packages = tmp_path_factory.mktemp("packages")
    for each in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "dbagent" not in each.name and each.suffix != ".pth":
            (packages / each.name).symlink_to(each)
    (site / "dependencies.pth").write_text(str(packages))
    return place / "bin" / "python"


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(python), *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=120, check=False
    )


def test_the_wheel_holds_the_two_packages_and_the_data_they_need(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"agent", "tools"}
    for needed in ("agent/assets/prompts.json", "agent/assets/model_prices.json", "agent/sample_db/schema.sql"):
        assert needed in names
    assert not [name for name in names if "test" in name.rsplit("/", 1)[-1]]


def test_the_installed_wheel_answers_a_question_on_its_own_sample_from_another_folder(
    installed: Path, tmp_path: Path
) -> None:
    where = run(installed, "-c", "import agent; print(agent.__file__)", cwd=tmp_path)
    assert str(installed.parent.parent) in where.stdout, where.stderr
    done = run(installed, "-m", "agent", "ask", "How many customers are there?", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["receipt"]["outcome"] == "answered"
    assert answer["receipt"]["prompt"]["source"] == "file"
