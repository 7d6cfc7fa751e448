"""The page's style sheet: one set of names, three schemes (light, dark, paper).

Series colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened for the
light scheme until each has a contrast of 3:1 with the page (4.5:1 for text); a test computes both.
"""

LIGHT = {
    "page": "#ffffff",
    "card": "#f6f8fa",
    "ink": "#1b2128",
    "muted": "#57606a",
    "rule": "#d5dbe1",
    "tuned": "#0072b2",
    "base": "#6b7480",
    "trained_on": "#b36b00",
    "best_of_n": "#00795a",
    "best_quarter": "#a8457d",
    "other": "#57606a",
    "good": "#00694e",
    "bad": "#a63c00",
    "good_card": "#ddf2ea",
    "bad_card": "#fde6da",
    "hydrophobic": "#2b2b2b",
    "polar": "#00795a",
    "amide": "#a8457d",
    "basic": "#0072b2",
    "acidic": "#c24a00",
    "hydrophobic_card": "#e3e5e8",
    "polar_card": "#cdeee0",
    "amide_card": "#f6d9ea",
    "basic_card": "#cfe6f7",
    "acidic_card": "#fcdcc6",
}
DARK = {
    "page": "#14181d",
    "card": "#1c2229",
    "ink": "#e6eaee",
    "muted": "#a3adb8",
    "rule": "#36404a",
    "tuned": "#56b4e9",
    "base": "#98a2ad",
    "trained_on": "#e69f00",
    "best_of_n": "#2cc295",
    "best_quarter": "#e08ab8",
    "other": "#a3adb8",
    "good": "#5fd6ae",
    "bad": "#ff9d66",
    "good_card": "#123a2e",
    "bad_card": "#4a2512",
    "hydrophobic": "#e6eaee",
    "polar": "#2cc295",
    "amide": "#e08ab8",
    "basic": "#56b4e9",
    "acidic": "#ff8a4c",
    "hydrophobic_card": "#39424c",
    "polar_card": "#0f4a38",
    "amide_card": "#552a44",
    "basic_card": "#12415f",
    "acidic_card": "#5c2d10",
}
SERIES = ("tuned", "base", "trained_on", "best_of_n", "best_quarter", "other")
DASHES = {
    "base": "2 3",
    "trained_on": "7 3",
    "best_of_n": "10 3 2 3",
    "best_quarter": "4 2",
    "other": "1 3",
}
# Nucleotides borrow the colours of the protein classes that are usually drawn in the same hue.
CLASSES = {
    "hydrophobic": "hydrophobic",
    "polar": "polar",
    "amide": "amide",
    "basic": "basic",
    "acidic": "acidic",
    "a": "polar",
    "c": "basic",
    "g": "amide",
    "t": "acidic",
}

RULES = """
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.5;
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
.eyebrow{color:var(--muted);margin:0;font-size:.875rem}
h1{font-size:1.75rem;line-height:1.2;margin:.2em 0 .5em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 .5rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
section{padding:28px 0 8px;border-top:1px solid var(--rule);margin-top:20px}
p{margin:.4em 0;max-width:76ch;overflow-wrap:anywhere}
.lede{font-size:1.15rem;max-width:64ch}
.note{color:var(--muted);font-size:.875rem}
.warn{border-left:3px solid var(--bad);padding-left:10px}
.badge{display:inline-block;white-space:nowrap;border-radius:99px;padding:1px 10px;
 font-size:.8125rem;background:var(--card);border:1px solid var(--rule)}
.badge.good{color:var(--good);background:var(--good_card);border-color:transparent}
.badge.bad{color:var(--bad);background:var(--bad_card);border-color:transparent}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;
 margin:22px 0 8px}
.figures>div{background:var(--card);border-radius:8px;padding:10px 12px}
.figures dt{color:var(--muted);font-size:.8125rem}
.figures dd{margin:0;font-size:1rem;font-weight:600;white-space:nowrap;
 font-variant-numeric:tabular-nums}
.figures .detail{white-space:normal;font-size:.8125rem;font-weight:400;color:var(--muted)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));
 gap:12px 28px;align-items:start}
.charts.small{grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}
figure{margin:6px 0;min-width:0}
.gallery{display:flex;flex-wrap:wrap;gap:12px}
.gallery figure{width:130px}
.gallery img{image-rendering:pixelated;border:1px solid var(--rule)}
figcaption{font-size:.875rem;font-weight:500;margin-bottom:2px;overflow-wrap:anywhere}
figure svg{display:block;width:100%;height:auto;max-width:600px}
svg.wide{display:block;height:auto;max-width:none}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.t{font-size:12px;fill:var(--ink)}
.num{fill:var(--muted);font-variant-numeric:tabular-nums}
.label{fill:var(--muted)}
.absent{fill:var(--muted);font-style:italic}
.axis{stroke:var(--muted);stroke-width:1}
.grid{stroke:var(--rule);stroke-width:1}
.zero{stroke:var(--muted);stroke-width:1;stroke-dasharray:3 3}
.curve{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round}
.faint{fill:none;stroke:var(--c);stroke-width:1;opacity:.45}
.band{fill:var(--c);opacity:.18;stroke:none}
.level{stroke:var(--c);stroke-width:1.6}
.leader{stroke:var(--c);stroke-width:1.6}
.whisker{stroke:var(--c);stroke-width:2.2}
.mark{fill:var(--c);stroke:var(--page);stroke-width:1}
.target{fill:transparent}
.logo{font-weight:700}
.scroll{overflow-x:auto;margin:8px 0 4px}
.scroll:focus-visible{outline:2px solid var(--tuned);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);font-size:.8125rem;padding:0 0 4px}
caption span{display:inline-block;position:sticky;left:0;max-width:min(92vw,76ch)}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--rule);
 vertical-align:top;white-space:nowrap}
thead th{min-width:5.2em;color:var(--muted);font-weight:500;white-space:normal;
 vertical-align:bottom}
tbody th{font-weight:500;background:var(--page)}
table.wrap{min-width:30em}
table.panel tbody th{white-space:normal;min-width:9.5em;max-width:15em}
.charts table{font-size:.8125rem}
.charts th,.charts td{padding-right:10px}
table.wrap td,table.wrap th{white-space:normal;overflow-wrap:anywhere}
table.samples tbody th{white-space:pre-wrap;overflow-wrap:anywhere;min-width:min(60vw,26em)}
.swatch{display:inline-block;width:.7em;height:.7em;border-radius:2px;background:var(--c);
 margin-right:.5em}
.verdicts{padding-left:1.1em;margin:.5em 0}
.verdicts li{margin:.35em 0}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;font-size:.8125rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
th code{letter-spacing:.06em}
.key span,th code span{padding:1px 0}
pre{background:var(--card);border-radius:8px;padding:14px;overflow-x:auto;font-size:.8125rem}
details{margin:8px 0}
summary{cursor:pointer;font-weight:500}
.pairs{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:.4em 0}
.pairs dt{color:var(--muted)}
.pairs dd{margin:0;overflow-wrap:anywhere}
footer{color:var(--muted);font-size:.8125rem;padding-top:24px;padding-bottom:40px}
a{color:var(--tuned)}
@media(max-width:600px){
 main,header,footer{padding-left:14px;padding-right:14px}
 header{padding-top:20px}
 h1{font-size:1.4rem}
 .lede{font-size:1.05rem}
 .figures{grid-template-columns:1fr 1fr}
 .figures dd{font-size:1rem}
}
@media print{
 body{font-size:11pt}
 section{break-inside:auto}
 figure,.figures,tr{break-inside:avoid}
 h2,h3{break-after:avoid}
 .scroll{overflow:visible}
 details::details-content{content-visibility:visible;height:auto}
 pre{white-space:pre-wrap}
}
"""


def _variables(scheme: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in scheme.items())


def style_sheet() -> str:
    """All rules; paper gets the light scheme, as its defaults come first."""
    roles = "".join(f".r-{role}{{--c:var(--{role})}}" for role in SERIES)
    dashes = "".join(f".level.r-{role}{{stroke-dasharray:{d}}}" for role, d in DASHES.items())
    letters = "".join(
        f".c-{group}{{fill:var(--{name})}}.b-{group}{{background:var(--{name}_card)}}"
        for group, name in CLASSES.items()
    )
    light = f":root{{color-scheme:light;{_variables(LIGHT)}}}"
    dark = f":root{{color-scheme:dark;{_variables(DARK)}}}"
    schemes = f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"
    return f"{schemes}{roles}{RULES}{dashes}{letters}"
