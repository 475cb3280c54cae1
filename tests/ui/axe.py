"""axe-core in a page: what it violates of WCAG 2.2, levels A and AA."""

from axe_playwright_python.base import AXE_SCRIPT

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async ([within, tags]) => {
    const options = {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']};
    const results = await axe.run(within, options);
    return results.violations.flatMap(rule => rule.nodes.map(node =>
        `${rule.id}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}: `
        + node.failureSummary));
}"""


def violations(page, within="body"):
    """Return a text for each element that violates a rule, below a selector."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT + "; undefined")
    return page.evaluate(RUN, [within, TAGS])
