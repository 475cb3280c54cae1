"""What a reader meets on a report's page."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page as its reader sees it: texts by element, what it loads, what it runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.loaded: list[str] = []
        self.texts: list[str] = []
        self.hits: list[str] = []
        self._in_hit = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self.loaded += [
            values[name] for name in ("src", "srcset", "data", "poster") if name in values
        ]
        self.loaded += [values["href"]] if tag == "link" else []
        if "hit" in (values.get("class") or "").split():
            self.hits.append("")
            self._in_hit = 3

    def handle_data(self, data):
        self.texts.append(data)
        if self._in_hit:
            self.hits[-1] += data

    def handle_endtag(self, tag):
        if tag == "div":
            self._in_hit = 0
