"""The five conclusions that practitioners draw from the paper, each with the evidence of the studies. No torch here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from unfreeze.studies.page import Claim, Page
from unfreeze.studies.rendering import markdown_table

CONCLUSIONS = {
    1: "The nearer the pretraining, the better the transfer",
    2: "Enough labels: fine-tune; few labels: extract features",
    3: "ELMo: extract features",
    4: "BERT: good at pairs",
    5: "Meaning near the output, word form near the input; mix where unsure",
}


def gathered(pages: Sequence[Page]) -> list[tuple[str, list[Claim]]]:
    """Each conclusion with the claims about it."""
    claims = [claim for page in pages for claim in page.claims]
    return [(f"{n}. {title}", [c for c in claims if c.conclusion == n]) for n, title in CONCLUSIONS.items()]


def judged(claims: Sequence[Claim]) -> str:
    """What the claims amount to, in a sentence."""
    if not claims:
        return "No evidence yet."
    counts = Counter(claim.held for claim in claims)
    if counts["does not hold"] == counts["holds"] == 0:
        return f"Open: none of {len(claims)} cases is clear."
    if not counts["does not hold"]:
        return f"Held in {counts['holds']} of {len(claims)} cases, against it none; {counts['open']} stay open."
    if not counts["holds"]:
        return f"Did not hold in {counts['does not hold']} of {len(claims)} cases; {counts['open']} stay open."
    return (
        f"Mixed: held in {counts['holds']} of {len(claims)} cases, did not in {counts['does not hold']}; "
        f"{counts['open']} stay open."
    )


def findings_markdown(pages: Sequence[Page], before: Sequence[Page] = ()) -> str:
    """`findings.md`.

    Args:
        before: pages of an earlier run, none where there was none.
    """
    parts = [
        "# What practitioners conclude from the paper, and whether it held here",
        "From `unfreeze study`: a case holds, or does not, where a whole interval says so; else it stays open. "
        "Intervals that are shown miss in 5 % of cases each. So the cases of a page are judged together (Holm's "
        "method): p over the page must be at most 0.05, and a page on which none is true has a false one in at most "
        "one case of twenty. Open ones say how many test items and seeds would show a true difference of a point in 4 "
        "of 5 cases. Of layers, every layer that may be the best must say so, and each case is judged alone. "
        "What was run, on how much, and what differs from the paper is on each study's page.",
        markdown_table(("study", "question", "here", "training"), [
            (f"[{page.name}]({page.name}.md)", page.question, page.lead, dict(page.settings).get("training time", "–"))
            for page in pages
        ]),
    ]  # fmt: skip
    if before:
        parts += ["## Against the run before", *_changes(pages, before)]
    for title, claims in gathered(pages):
        parts += [f"## {title}", judged(claims)]
        if claims:
            rows = [(claim.text, claim.about, claim.evidence, claim.held) for claim in claims]
            parts.append(markdown_table(("case", "here", "evidence", ""), rows))
    return "\n\n".join(parts) + "\n"


def _changes(pages: Sequence[Page], before: Sequence[Page]) -> list[str]:
    """How many findings were decided, then and now, and those that say something else now."""
    earlier = {page.name: page for page in before}
    counts, changed = [], []
    for page in pages:
        old = earlier.get(page.name)
        counts.append((page.question, "–" if old is None else _decided(old), _decided(page)))
        known = {(claim.text, claim.about): claim for claim in (() if old is None else old.claims)}
        for claim in page.claims:
            then = known.get((claim.text, claim.about))
            if then is not None and then.held != claim.held:
                changed.append((claim.text, claim.about, f"{then.held}: {then.evidence}", claim.held))
    parts = [markdown_table(("study", "decided then", "decided now"), counts)]
    if changed:
        parts += ["Of findings about the same encoders, these changed:",
                  markdown_table(("case", "here", "then", "now"), changed)]  # fmt: skip
    return parts


def _decided(page: Page) -> str:
    return f"{sum(claim.held != 'open' for claim in page.claims)} of {len(page.claims)}"
