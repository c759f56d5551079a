"""Protocols: one trial's, label's or guideline's rules, as its file writes them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from screening.rules.loading import CLOSED, ContentError, Defect, build, canonical_json, read_toml, sha256

CriterionKind = Literal["inclusion", "exclusion", "caution", "limitation", "step"]
RecruitmentStatus = Literal[
    "recruiting",
    "active, not recruiting",
    "completed",
    "listed",
    "marketed",
    "guidance in force",
    "not known",
]
CLOSED_STATUSES = frozenset({"active, not recruiting", "completed"})
"""A trial of one of these takes nobody any more."""
LISTS: Mapping[str, CriterionKind] = {
    "inclusion": "inclusion",
    "exclusion": "exclusion",
    "limitation": "limitation",
}
"""The tables of a protocol file that hold rules about the person, and the kind of each."""
UNHASHED = ("recruitment", "notes")
"""What may change without making another version of the rules."""
INDICATION = "unmet-need"
"""The guideline that says whether this is the person cell therapy is for; the others speak beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something was read."""

    __pydantic_config__ = CLOSED
    title: str
    read_on: date
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recruitment:
    """Whether the trial takes people, and when that was seen. It never changes candidacy."""

    __pydantic_config__ = CLOSED
    status: RecruitmentStatus
    seen_on: date
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One inclusion, exclusion, caution, limitation or step, and the rule that decides it.

    For an exclusion, a caution and a limitation the rule says what speaks against the person.
    """

    __pydantic_config__ = CLOSED

    kind: CriterionKind
    id: str
    text: str
    rule: str
    source: str = ""
    grade: Literal["A", "B", "M", ""] = ""
    indication: bool = False
    advisory: str = ""
    within: str | None = None
    anchor: str = ""
    unclear: str | None = None
    unclear_because: str = ""
    in_typed_unit: bool = False
    sponsor_ref: str = ""
    proxy: str | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def decides(self) -> bool:
        """Whether its outcome counts: seen in a source, and not only a hint to ask."""
        return self.kind in ("inclusion", "exclusion") and self.grade in ("A", "B") and not self.advisory

    @cached_property
    def passes_when(self) -> bool:
        """The condition under which it passes: true for an inclusion, false for an exclusion."""
        return self.kind in ("inclusion", "step")

    @cached_property
    def cites(self) -> tuple[str, ...]:
        """The keys of the sources it names."""
        return tuple(key.strip() for key in self.source.split(",") if key.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """What no form can decide: a person answers it on the referral."""

    __pydantic_config__ = CLOSED
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What was looked for and is not public."""

    __pydantic_config__ = CLOSED
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """A harm or outcome to show, and the rule that makes it a warning for this person."""

    __pydantic_config__ = CLOSED
    text: str
    source: str
    when: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cautions:
    """Advisory criteria that a family of therapies shares."""

    __pydantic_config__ = CLOSED
    id: str
    title: str
    sources: dict[str, Source]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One trial, label or guideline."""

    __pydantic_config__ = CLOSED

    id: str
    title: str
    version: str
    kind: Literal["trial", "label", "guideline"]
    family: Literal["islet replacement", "islet after kidney", "immune therapy", "care pathway"]
    recruitment: Recruitment
    completeness: Literal["full", "truncated", "key criteria only", "not public"]
    sources: dict[str, Source]
    registry_id: str = ""
    therapy: str = ""
    phase: str = ""
    countries: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    best: Literal["possible"] | None = None
    best_because: str = ""
    criteria: tuple[Criterion, ...] = ()
    limitations: tuple[Criterion, ...] = ()
    steps: tuple[Criterion, ...] = ()
    confirm: tuple[Confirm, ...] = ()
    gaps: tuple[Gap, ...] = ()
    safety: tuple[Safety, ...] = ()

    @cached_property
    def deciding(self) -> tuple[Criterion, ...]:
        """The criteria that count, in order."""
        return tuple(criterion for criterion in self.criteria if criterion.decides)

    @cached_property
    def indicated(self) -> bool:
        """Whether one of the criteria that count says whom the therapy is for."""
        return any(criterion.indication for criterion in self.deciding)

    @cached_property
    def canonical(self) -> str:
        """The text that is hashed and stored: without recruitment and notes."""
        return canonical_json(_hashed(_schema(Protocol).dump_python(self)))

    @cached_property
    def sha256(self) -> str:
        """The identity of these rules."""
        return sha256(self.canonical)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Yield every rule text, with the place it stands at."""
        for criterion in (*self.criteria, *self.limitations, *self.steps):
            yield criterion.id, criterion.rule
            if criterion.unclear is not None:
                yield criterion.id, criterion.unclear
        yield from (("safety", safety.when) for safety in self.safety if safety.when is not None)


@cache
def _schema(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _hashed(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _hashed(value) for key, value in data.items() if key not in UNHASHED}
    return [_hashed(item) for item in data] if isinstance(data, list | tuple) else data


_FILE_LISTS = {"confirm": "confirm", "gap": "gaps", "safety": "safety"}


def load_protocols(directories: list[Path]) -> tuple[tuple[Protocol, ...], dict[str, Cautions]]:
    """Return the protocols and the shared cautions written in the TOML files of `directories`.

    A file may say `extends = "ID"`: it then takes over what that protocol says, with its own keys
    and criteria in place of those of the same name.

    Raises:
        ContentError: every defect found, with file and criterion.
    """
    defects: list[Defect] = []
    written: dict[str, tuple[str, dict[str, Any]]] = {}
    cautions: dict[str, Cautions] = {}
    for path in (path for directory in directories for path in sorted(directory.rglob("*.toml"))):
        try:
            entry = read_toml(path)
            _refuse_single_tables(entry, path.name)
            if path.parent.name == "cautions":
                shared = _cautions(entry, path.name)
                cautions[shared.id] = shared
            else:
                written[_identity(entry, path, written)] = path.name, entry
        except ContentError as error:
            defects.extend(error.defects)
    protocols = []
    for file, entry in written.values():
        try:
            protocols.append(_protocol(_extended(entry, file, written), file))
        except ContentError as error:
            defects.extend(error.defects)
    if defects:
        raise ContentError(defects)
    return tuple(protocols), cautions


def _refuse_single_tables(entry: dict[str, Any], file: str) -> None:
    """Refuse `[inclusion]`, or a list of texts, where each item is a table of its own."""
    defects = []
    for table in (*LISTS, "step", "caution", *_FILE_LISTS):
        written = entry.get(table, [])
        if not isinstance(written, list) or not all(isinstance(item, dict) for item in written):
            defects.append(Defect(file, table, f"write each one under a heading [[{table}]]"))
    if defects:
        raise ContentError(defects)


def _identity(entry: dict[str, Any], path: Path, known: Mapping[str, Any]) -> str:
    identity = entry.get("id")
    if identity != path.stem:
        raise ContentError(
            [Defect(path.name, "", f"found id {identity!r}: the file's name is its id, {path.stem!r}")]
        )
    if identity in known:
        raise ContentError([Defect(path.name, "", f"the id {identity!r} is there already: choose another")])
    return path.stem


def _extended(
    entry: dict[str, Any], file: str, written: Mapping[str, tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    if "extends" not in entry:
        return entry
    base_id = entry["extends"]
    if base_id not in written or "extends" in written[base_id][1]:
        raise ContentError(
            [Defect(file, "extends", f"{base_id!r} is no protocol that stands by itself: name one")]
        )
    base = written[base_id][1]
    merged = base | {key: value for key, value in entry.items() if key != "extends"}
    merged["sources"] = base.get("sources", {}) | entry.get("sources", {})
    for table in (*LISTS, "step", "confirm"):
        own = {item.get("id"): item for item in entry.get(table, [])}
        kept = [own.pop(item.get("id"), item) for item in base.get(table, [])]
        merged[table] = [*kept, *own.values()]
    for table in ("gap", "safety"):
        merged[table] = [*base.get(table, []), *entry.get(table, [])]
    return merged


def _protocol(entry: dict[str, Any], file: str) -> Protocol:
    data = dict(entry)
    tables = {name: data.pop(name, []) for name in (*LISTS, "step", *_FILE_LISTS)}
    defects: list[Defect] = []
    for key, kinds in {
        "criteria": ("inclusion", "exclusion"),
        "limitations": ("limitation",),
        "steps": ("step",),
    }.items():
        data[key] = _criteria(
            [{**item, "kind": kind} for kind in kinds for item in tables[kind]], file, defects
        )
    if defects:
        raise ContentError(defects)
    for table, key in _FILE_LISTS.items():
        data[key] = tables[table]
    protocol: Protocol = build(_schema(Protocol), data, file, "")
    return protocol


def _cautions(entry: dict[str, Any], file: str) -> Cautions:
    data = dict(entry)
    defects: list[Defect] = []
    data["criteria"] = _criteria(
        [{**item, "kind": "caution"} for item in data.pop("caution", [])], file, defects
    )
    if defects:
        raise ContentError(defects)
    cautions: Cautions = build(_schema(Cautions), data, file, "")
    return cautions


def _criteria(written: list[dict[str, Any]], file: str, defects: list[Defect]) -> list[Criterion]:
    """Return the criteria that can be read, and add the defects of the others, each with its id."""
    schema, criteria = _schema(Criterion), []
    counts: Counter[str] = Counter()
    for item in written:
        counts[item["kind"]] += 1
        place = str(item.get("id") or f"{item['kind']} {counts[item['kind']]}")
        try:
            criteria.append(build(schema, item, file, place))
        except ContentError as error:
            defects.extend(error.defects)
    return criteria
