"""Plain text out of what a model wrote: no markup, no hidden characters, citations as ``[1]``."""

import re
import unicodedata
from collections.abc import Mapping

_LINKS = re.compile(
    r"\b(?:https?|ftp|javascript|data|file|vbscript)\s*:|\bwww\.|]\(|!\[|[\w.+-]+@[\w-]+\.\w"
    r"|\b[a-z0-9-]{2,}\.(?:com|net|org|io|shop|store|co|biz|info|dev|app|ru|cn|xyz|example|test|evil|uk|de)\b",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"<\s*[/!?a-z]|&(?:lt|gt|amp|quot|nbsp|#x?[0-9a-f]+);|\{\{|\}\}|<\|", re.IGNORECASE
)
_ROLES = re.compile(r"^\s*(?:system|assistant|user|developer|tool)\s*:", re.IGNORECASE)
_LEADS = re.compile(r"^\s*(?:#{1,6}\s+|[-*•‣▪]\s+|>\s+|\d{1,2}[.)]\s+(?=[A-Z“\"]))")
_MARKS = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)|~~+|^\s*#+\s*|\|")
_BRACKETS = re.compile(
    r"\[\[([^][]*)]]|\[([^][]*)](?!\()|【([^】]*)】|〔([^〕]*)〕|<\s*([^<>]{1,80}?)\s*/?\s*>|⟨([^⟩]*)⟩|\{([^{}]{1,60})\}"
    r"|\((?:(?:product|item|id|no\.?|#|ref\.?)\s*:?\s*)?([\w.-]*\d[\w.-]*)\)"
)
_NOISE = re.compile(r"(?i)\b(?:product|item|id|no|nr|ref|source|citation)\b\.?|[#:^†\"'“”‘’`]|†\w+")


def plain_text(text: str) -> str:
    """One line in NFKC without control, zero-width and bidi characters, and without emphasis marks.

    Links, tags and the like stay, for `formatting_problem` to find.
    """
    shown = re.sub(r"[^\S\n]+", " ", text)
    shown = "".join(
        c
        if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn")
        else " "
        if c in "\n\t\r"
        else ""
        for c in shown
    )
    shown = unicodedata.normalize(
        "NFKC", shown.replace("【", "[").replace("】", "]").replace("…", "\0")
    )
    shown = shown.replace("\0", "…")
    shown = _LEADS.sub("", shown)
    return " ".join(_MARKS.sub("", shown).split())


def with_citations(text: str, numbers: Mapping[str, int]) -> tuple[str, list[str]]:
    """The text with every citation as ``[number]``, and the citations that stand for nothing.

    ``numbers`` maps product ids to numbers. Numbers and ids in any brackets, quoted, several in one
    pair or with a word before them ("<drawn-0-00022>", "【2】", "[product 3]", "[1, 2]") are citations; an
    unknown one stays in the text as it was and is named in the second value.
    """
    unknown: list[str] = []
    folded = {product_id.casefold(): number for product_id, number in numbers.items()}
    known = set(numbers.values())

    def replace(match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        round_brackets = match.re.groups and match[0].startswith("(")
        whole = inner.strip().strip("\"'“”‘’`").casefold()
        if whole in folded:
            return f"[{folded[whole]}]"
        parts = [
            _NOISE.sub("", part).strip() for part in re.split(r"\s*(?:,|;|&|\band\b)\s*", inner)
        ]
        found: list[int] = []
        for part in parts:
            if part.casefold() in folded:
                found.append(folded[part.casefold()])
            elif re.fullmatch(r"\d{1,3}", part) and int(part) in known:
                found.append(int(part))
            elif round_brackets:
                return match[0]
            elif re.fullmatch(r"[\w.-]*\d[\w.-]*", part):
                unknown.append(part)
                return match[0]
            else:
                return match[0]
        return "".join(f"[{number}]" for number in found)

    return _BRACKETS.sub(replace, text), unknown


def formatting_problem(text: str, allowed: str = "") -> str | None:
    """What a plain sentence must not hold: links, tags, role markers, look-alike letters.

    Letters of other scripts are fine in words that stand in ``allowed`` (the evidence).
    """
    for pattern, problem in ((_LINKS, "a link"), (_TAGS, "a tag"), (_ROLES, "a role marker")):
        if pattern.search(text):
            return problem
    if re.search(r"[<>{}\\]", text) or re.search(r"\[(?!\d{1,2}\])", text):
        return "markup"
    known = allowed.casefold()
    for word in re.findall(r"[^\W\d_]+", text):
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in word}
        if scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"} and (
            "LATIN" in scripts or word.casefold() not in known
        ):
            return "look-alike letters"
    return None
