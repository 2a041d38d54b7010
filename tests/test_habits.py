"""What the project promises about itself: its commands, its pins, its documents, and what is not in it."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LEFTOVERS = re.compile(
    r"(^|/)(var|\.venv|node_modules|__pycache__|\.[a-z]+_cache|\.hypothesis)/|\.pyc$|^(uv\.lock|\.env)$"
)


def words(path: str) -> str:
    return (ROOT / path).read_text()


def test_the_readme_shows_the_two_commands() -> None:
    readme = words("README.md")

    assert "\npip install uv && uv run manage.py up\n" in readme
    assert "\nuv run pytest\n" in readme


def test_every_variable_the_studio_reads_is_explained() -> None:
    read = set(re.findall(r'\bvariables\.\w+\(\s*"([A-Z_]+)"', words("studio/settings.py")))
    for path in ("studio/settings.py", "studio/sandbox/variables.py"):
        read |= set(re.findall(r'environ\.get\("([A-Z_]+)"', words(path)))

    explained = set(re.findall(r"`([A-Z_]+)`", words("docs/operating.md")))

    assert len(read) > 15
    assert read - explained == set()


def test_the_example_of_env_names_only_explained_variables() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", words(".env.example"), re.MULTILINE))

    assert named
    assert named <= set(re.findall(r"`([A-Z_]+)`", words("docs/operating.md")))


def test_every_pin_is_an_exact_version_from_no_particular_host() -> None:
    project = tomllib.loads(words("pyproject.toml"))
    pins = [Requirement(line) for line in project["tool"]["uv"]["constraint-dependencies"]]

    loose = [str(pin) for pin in pins if [part.operator for part in pin.specifier] != ["=="] or pin.url]
    assert loose == []


def test_everything_the_project_names_is_pinned() -> None:
    project = tomllib.loads(words("pyproject.toml"))
    extras = project["project"]["optional-dependencies"].values()
    lists = [project["project"]["dependencies"], *extras, project["dependency-groups"]["dev"]]
    pinned = {Requirement(line).name for line in project["tool"]["uv"]["constraint-dependencies"]}

    assert {Requirement(line).name for lines in lists for line in lines} <= pinned


def test_the_tests_need_no_extra() -> None:
    """`uv run pytest` installs the dev group and no extras, so what an extra adds must be in the group as well."""
    project = tomllib.loads(words("pyproject.toml"))
    extras = {line for lines in project["project"]["optional-dependencies"].values() for line in lines}

    assert extras <= set(project["dependency-groups"]["dev"])


def test_no_leftover_of_a_build_or_a_run_is_kept() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this copy of Easel is no git repository")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert [path for path in listed.stdout.splitlines() if LEFTOVERS.search(path)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_ci_runs_what_a_developer_runs() -> None:
    assert "exec scripts/check" in words(".ci/run")
    assert "uv run pytest" in words("scripts/check")


def test_the_front_page_is_short_and_its_pictures_are_light() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", words("README.md"))

    assert len(words("README.md").splitlines()) <= 90
    assert len(pictures) == 2
    assert [path for path in pictures if (ROOT / path).stat().st_size > 150_000] == []


def test_a_newcomer_can_read_the_architecture_and_the_glossary_at_once() -> None:
    assert len(words("docs/architecture.md").splitlines()) <= 200
    assert len(words("docs/glossary.md").splitlines()) <= 60
