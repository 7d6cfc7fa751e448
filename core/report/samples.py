"""What the policy makes, before and after: sequences where they align, plain text elsewhere.

Samples are shown in file order, not picked; the ones of highest training reward come separately,
for that is where an exploit shows first. All of it was written by a model and is never trusted.
"""

from collections.abc import Sequence

from suite.core.report.folder import Run, Sample, part_means
from suite.core.report.intervals import difference
from suite.core.report.logo import Alphabet, chemistry_key, coloured, common_alphabet, logos
from suite.core.report.markup import Markup, figure, join, table, tag, untrusted
from suite.core.report.pictures import gallery
from suite.core.report.svg import Bar, interval_chart
from suite.core.report.wording import axis_label, count, number, written

NUM_SHOWN = 10
NUM_TOP = 6


def samples_section(run: Run) -> Markup:
    """Logos and aligned rows if every text has one length and alphabet, tables of text else."""
    texts = [sample.text for sample in (*run.before, *run.after)]
    if not texts:
        return tag("p", "This run has written no samples.", class_="note")
    alphabet = common_alphabet(texts)
    shown = [gallery("Before", run.before), gallery("After", run.after)]
    parts = [one for one in shown if one is not None]
    parts += [_logos(run, alphabet), chemistry_key(alphabet)] if alphabet else []
    parts += [
        _table(run, "Before", run.before[:NUM_SHOWN], len(run.before), alphabet),
        _table(run, "After", run.after[:NUM_SHOWN], len(run.after), alphabet),
    ]
    if top := top_samples(run.after):
        caption = "After, highest training reward: where an exploit would show first"
        parts.append(_rows(run, caption, top, alphabet))
    return join(parts)


def top_samples(samples: Sequence[Sample]) -> list[Sample]:
    """The few samples with the highest training reward, best first; unscored ones are left out."""
    scored = [one for one in samples if one.reward is not None and one.reward == one.reward]
    return sorted(scored, key=lambda one: -(one.reward or 0.0))[:NUM_TOP]


def parts_section(run: Run) -> Markup:
    """Mean of each part of the reward before and after, and which of them moved."""
    before, after = part_means(run.before), part_means(run.after)
    names = [*before, *(name for name in after if name not in before)]
    if not names:
        return tag("p", "The samples carry no score parts.", class_="note")
    changes = {name: difference(after.get(name), before.get(name)) for name in names}
    rows = [
        [
            name,
            written(before.get(name)),
            written(after.get(name)),
            written(changes[name], signed=True),
        ]
        for name in names
    ]
    headers = ["part", "before", "after", "change"]
    chart = interval_chart(
        title="Change of each score part",
        x_label="after minus before",
        bars=[Bar(label=name, role="tuned", estimate=changes[name]) for name in names],
        zero_line=True,
    )
    shown = table(headers, rows, caption="Mean over samples, with 95 % intervals")
    return tag("div", figure(chart, "Change, each part in its own unit"), shown, class_="charts")


def _logos(run: Run, alphabet: Alphabet) -> Markup:
    pictures = []
    for name, samples in (("Before", run.before), ("After", run.after)):
        if samples:
            texts = [sample.text for sample in samples]
            pictures.append(tag("h3", name))
            pictures.append(logos(texts, alphabet, title=f"Sequence logo {name.lower()} tuning"))
    return join(pictures)


def _table(
    run: Run, name: str, samples: Sequence[Sample], total: int, alphabet: Alphabet | None
) -> Markup:
    if not samples:
        return tag("p", f"{name}: no samples.", class_="note")
    every = run.before if name == "Before" else run.after
    distinct = len({one.text for one in every})
    caption = (
        f"{name}: the first {len(samples)} of {count(total)} samples as drawn, "
        f"{count(distinct)} of them distinct"
    )
    return _rows(run, caption, samples, alphabet)


def _rows(run: Run, caption: str, samples: Sequence[Sample], alphabet: Alphabet | None) -> Markup:
    headers = [
        "sample",
        axis_label("training reward", run.reward_unit),
        axis_label("held-out reward", run.held_out_unit),
    ]
    rows = [
        [_shown(one.text, alphabet), number(one.reward, digits=3), number(one.held_out, digits=3)]
        for one in samples
    ]
    return table(headers, rows, caption=caption, class_=None if alphabet else "samples")


def _shown(text: str, alphabet: Alphabet | None) -> Markup:
    if alphabet is not None:
        return coloured(text, alphabet)
    return untrusted(text) if text else tag("i", "empty")
