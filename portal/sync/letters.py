"""A letter as plain blocks, and both of its forms: text, and HTML for mail programs (SYNC §10).

Both are made from the same blocks, so that they cannot tell different things. Mail programs know no style sheets, hence the styles
on every element. Whatever comes from a shop or from Saasu stands on one line and is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from portal.money import dollars as dollars_words

INK, QUIET, HAIR, ACCENT, ACT, MEND, GOOD = (
    "#1b2326",
    "#56626a",
    "#dfe2dd",
    "#24508f",
    "#a3261f",
    "#7c5200",
    "#1f6a3d",
)
TONES = {"act": (ACT, "#fbeae8"), "mend": (MEND, "#faf0da"), "good": (GOOD, "#e5f2e9")}
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
PAGE = (
    '<!DOCTYPE html>\n<html lang="en-AU">\n<head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light"><title>{title}</title></head>\n'
    '<body style="margin:0;padding:0;background:#f2f3f0;color:{ink};font:15px/1.5 {font}">\n'
    '<table role="presentation" width="100%" cellspacing="0" cellpadding="0"><tr><td align="center" style="padding:16px 8px">\n'
    '<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="max-width:640px;background:#ffffff;border:1px solid {hair};'
    'border-radius:8px"><tr><td align="left" style="padding:24px">\n{blocks}\n</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n'
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list, and where it leads; a blank address leads nowhere."""

    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One count of a run; `dollars` only where orders are counted. `tone` is that of an alert, or blank."""

    name: str
    count: int
    dollars: Decimal | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """What stands above everything else: a sentence, and what to know about it. `tone`: act, mend or good."""

    sentence: str
    words: tuple[str, ...]
    tone: str


@dataclass(frozen=True, slots=True)
class Section:
    """A list under a title. `mark` stands before each line: `* ` for the errors, as the source document has it."""

    title: str
    lines: tuple[Line, ...]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail: `main` is the way in, as a button; `small` the lines at its foot."""

    subject: str
    heading: str
    intro: tuple[str, ...] = ()
    alert: Alert | None = None
    figures: tuple[Figure, ...] = ()
    sections: tuple[Section, ...] = ()
    main: Line
    small: tuple[Line, ...] = ()


def one_line(words: str) -> str:
    """Words on one line, without control characters and turned writing, so that nothing of a shop's can forge a line of ours."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def text_of(letter: Letter) -> str:
    """The letter as plain text."""
    parts = [one_line(letter.heading), "\n".join(one_line(words) for words in letter.intro)]
    if letter.alert:
        parts.append("\n".join(one_line(words) for words in (letter.alert.sentence, *letter.alert.words)))
    parts.append("\n".join(figure_text(figure) for figure in letter.figures))
    parts += [section_text(section) for section in letter.sections]
    parts.append(line_text(letter.main))
    parts.append("-- \n" + "\n".join(line_text(line) for line in letter.small))
    return "\n\n".join(part for part in parts if part) + "\n"


def figure_text(figure: Figure) -> str:
    """A count in columns."""
    amount = "" if figure.dollars is None else dollars_words(figure.dollars).rjust(13)
    return f"{figure.name.ljust(20)}{figure.count:>6,}{amount}"


def section_text(section: Section) -> str:
    """A list with each line's address below it."""
    lines = [section.title, ""]
    for line in section.lines:
        lines.append(section.mark + one_line(line.words))
        lines += [f"  {line.url}"] if line.url else []
    return "\n".join(lines)


def line_text(line: Line) -> str:
    """Words and where they lead."""
    return f"{one_line(line.words)}: {line.url}" if line.url else one_line(line.words)


def html_of(letter: Letter) -> str:
    """The letter as HTML."""
    blocks = [f'<h1 style="margin:0 0 4px;font-size:20px;line-height:1.3">{safe(letter.heading)}</h1>']
    blocks += [f'<p style="margin:0;color:{QUIET}">{safe(words)}</p>' for words in letter.intro]
    if letter.alert:
        blocks.append(alert_html(letter.alert))
    if letter.figures:
        blocks.append(figures_html(letter.figures))
    blocks += [section_html(section) for section in letter.sections]
    blocks.append(button_html(letter.main))
    blocks.append(small_html(letter.small))
    return PAGE.format(title=safe(letter.subject), ink=INK, hair=HAIR, font=FONT, blocks="\n".join(blocks))


def safe(words: str) -> str:
    """Words on one line, with nothing in them that HTML would read."""
    return escape(one_line(words))


def alert_html(alert: Alert) -> str:
    """The alert as a coloured bar."""
    ink, ground = TONES[alert.tone]
    words = "".join(f'<p style="margin:4px 0 0">{safe(line)}</p>' for line in alert.words)
    return (
        f'<div style="margin:16px 0 0;padding:12px 16px;background:{ground};border-left:3px solid {ink}">'
        f'<p style="margin:0;color:{ink};font-weight:600">{safe(alert.sentence)}</p>{words}</div>'
    )


def figures_html(figures: Sequence[Figure]) -> str:
    """The counts as a small ledger."""
    rows = "\n".join(figure_html(figure) for figure in figures)
    return f'<table width="100%" cellspacing="0" cellpadding="0" style="margin:16px 0 0;border-collapse:collapse;border-top:1px solid {HAIR}">\n{rows}\n</table>'


def figure_html(figure: Figure) -> str:
    """One row of it."""
    ink = TONES[figure.tone][0] if figure.tone else INK
    cell = (
        f"padding:8px 0;border-bottom:1px solid {HAIR};color:{ink};font-weight:{600 if figure.tone else 400}"
    )
    amount = "" if figure.dollars is None else dollars_words(figure.dollars)
    return (
        f'<tr><th scope="row" align="left" style="{cell}">{safe(figure.name)}</th>'
        f'<td align="right" style="{cell}">{figure.count:,}</td>'
        f'<td align="right" width="110" style="{cell}">{amount}</td></tr>'
    )


def section_html(section: Section) -> str:
    """A list; each line is a link."""
    lines = "\n".join(
        f'<p style="margin:0 0 8px;padding-left:12px;text-indent:-12px;overflow-wrap:anywhere">{section.mark}{linked(line)}</p>'
        for line in section.lines
    )
    return f'<h2 style="margin:24px 0 8px;font-size:15px">{safe(section.title)}</h2>\n{lines}'


def linked(line: Line) -> str:
    """A line's words, as a link where they lead somewhere."""
    if not line.url:
        return safe(line.words)
    return f'<a href="{escape(line.url)}" style="color:{ACCENT}">{safe(line.words)}</a>'


def button_html(line: Line) -> str:
    """The way in."""
    style = "display:inline-block;padding:10px 18px;border-radius:6px;color:#ffffff;text-decoration:none;font-weight:600"
    return (
        f'<p style="margin:24px 0"><a href="{escape(line.url)}" style="{style};background:{ACCENT}">'
        f"{safe(line.words)}</a></p>"
    )


def small_html(lines: Sequence[Line]) -> str:
    """The foot."""
    words = "<br>\n".join(linked(line) for line in lines)
    return f'<p style="margin:0;padding:16px 0 0;border-top:1px solid {HAIR};color:{QUIET};font-size:13px">{words}</p>'
