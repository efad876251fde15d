/** The look of HTML reports: one column, quiet greys, colour only where it says something. */

const LIGHT = `--bg:#fff;--soft:#f6f5f1;--text:#1b1b18;--muted:#64635b;--line:#e4e2da;--before:#a3a196;--after:#1c6e8c;
--after-soft:#bcdbe6;--before-soft:#dedcd3;--good:#1a7441;--bad:#b3301f;--good-soft:#e3f3e8;--bad-soft:#fae6e2;
--wide:#dcdad1;--half:#c4d4ec;--byte:#a8d6cf;--nibble:#f0cd98;--other:#e2c6dc`;

const DARK = `--bg:#151513;--soft:#1f1e1b;--text:#eceae2;--muted:#a6a498;--line:#34332e;--before:#7d7b70;--after:#65b4d0;
--after-soft:#1f4a5a;--before-soft:#3a3934;--good:#62c78c;--bad:#f0897b;--good-soft:#17301f;--bad-soft:#3a1b17;
--wide:#4b4a43;--half:#344a6b;--byte:#1f5b55;--nibble:#6c4d1f;--other:#5b3b54`;

/** Put into the page; there is no other style sheet, no font and no picture to fetch. */
export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:896px;margin:0 auto;padding:56px 32px 96px}
header{margin-bottom:40px}
.eyebrow{margin:0 0 12px;color:var(--muted);font-size:14px;overflow-wrap:anywhere}
.eyebrow b{color:var(--text);font-weight:600}
h1{margin:0 0 16px;font-size:38px;line-height:1.15;font-weight:650;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{margin:0 0 6px;font-size:20px;line-height:1.3;font-weight:620;letter-spacing:-.01em}
h3{margin:0;font-size:16px;line-height:1.35;font-weight:600;overflow-wrap:anywhere}
h3 small{display:block;color:var(--muted);font-size:13px;font-weight:400}
section{margin:72px 0 0}
p{margin:0 0 12px}
a{color:inherit}
.caption,.note{color:var(--muted);font-size:14px;max-width:68ch}
.caption{margin-bottom:20px}
.badge{display:inline-block;margin:0 0 8px;padding:5px 12px;border-radius:6px;font-size:14px;font-weight:600}
.badge a{text-decoration:none}
.badge.good{color:var(--good);background:var(--good-soft)}
.badge.bad{color:var(--bad);background:var(--bad-soft)}
.cards{margin-top:24px;border-top:1px solid var(--line)}
article{display:grid;grid-template-columns:minmax(0,1.25fr) repeat(4,minmax(0,1fr));gap:8px 24px;padding:20px 0;border-bottom:1px solid var(--line)}
.stat{min-width:0}
.stat .name{color:var(--muted);font-size:13px}
.stat .value{font-size:22px;line-height:1.25;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.change{margin-top:4px;color:var(--muted);font-size:13px;line-height:1.4;font-variant-numeric:tabular-nums}
.change.good,.good{color:var(--good)}
.change.bad,.bad{color:var(--bad)}
.whole{white-space:nowrap}
.bar{height:4px;margin:6px 0;border-radius:2px;background:var(--before-soft);overflow:hidden}
.bar i{display:block;height:100%;background:var(--after)}
.warnings{margin:24px 0 0;padding:14px 18px;border-left:3px solid var(--bad);background:var(--soft);font-size:14px;list-style:none;overflow-wrap:anywhere}
.warnings li+li{margin-top:6px}
.advice{padding-left:20px;font-size:15px;overflow-wrap:anywhere}
figure{margin:0}
svg{display:block;width:100%;height:auto;overflow:visible;font-size:13px}
svg.narrow{display:none;max-width:520px}
text{fill:var(--text);font-variant-numeric:tabular-nums}
.axis,.faint{fill:var(--muted);font-size:12px}
.strong{font-weight:550}
.number{fill:var(--muted)}
text.bad{fill:var(--bad)}
.tile{font-size:12px}
.tile.faint{fill:var(--text);opacity:.78}
.halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--line);stroke-width:1}
.rule{stroke:var(--line);stroke-width:1}
.median{stroke:var(--text);stroke-width:1.5}
.line{fill:none;stroke:var(--before);stroke-width:1.25}
.line.trend{stroke:var(--after);stroke-width:1.75}
.fill-before{fill:var(--before)}.fill-after{fill:var(--after)}.fill-bad{fill:var(--bad)}.fill-good{fill:var(--good)}
.area-before{fill:var(--before-soft);stroke:var(--before);stroke-width:1}
.area-after{fill:var(--after-soft);stroke:var(--after);stroke-width:1}
.dot{stroke-width:1.5;fill-opacity:.75}
.dot.before{fill:var(--before-soft);stroke:var(--before)}
.dot.after{fill:var(--after-soft);stroke:var(--after)}
.dot.within{fill:var(--good-soft);stroke:var(--good)}
.dot.over{fill:var(--bad-soft);stroke:var(--bad)}
.fill-wide{fill:var(--wide)}.fill-half{fill:var(--half)}.fill-byte{fill:var(--byte)}.fill-nibble{fill:var(--nibble)}.fill-other{fill:var(--other)}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin-bottom:20px;color:var(--muted);font-size:13px}
.legend span{display:inline-flex;align-items:center;gap:7px}
.named{margin:0 0 20px;padding-left:22px;font-size:14px;overflow-wrap:anywhere}
.named li::marker{color:var(--bad);font-weight:600}
.swatch{width:12px;height:12px;border-radius:2px}
.swatch.wide{background:var(--wide)}.swatch.half{background:var(--half)}.swatch.byte{background:var(--byte)}.swatch.nibble{background:var(--nibble)}.swatch.other{background:var(--other)}
details{margin-top:20px;font-size:14px}
details+details{margin-top:8px}
summary{cursor:pointer;color:var(--muted)}
summary:hover{color:var(--text)}
details>:not(summary){margin-top:12px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px;line-height:1.4;font-variant-numeric:tabular-nums}
th,td{padding:7px 0 7px 20px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child{padding-left:0;text-align:left}
thead th{color:var(--muted);font-weight:500;border-bottom-color:var(--before)}
tbody th{font-weight:400;overflow-wrap:anywhere;min-width:110px}
td small{display:block;font-size:13px}
.requirements td:last-child,.requirements th:last-child{text-align:right}
.steps li{margin:4px 0;overflow-wrap:anywhere}
.steps ul{padding-left:20px}
footer{margin-top:72px;padding-top:20px;border-top:1px solid var(--line);color:var(--muted);font-size:13px;overflow-wrap:anywhere}
footer p{margin:0 0 6px}
@media (max-width:680px){
main{padding:32px 24px 64px}
h1{font-size:29px}
section{margin-top:56px}
svg.wide{display:none}svg.narrow{display:block}
article{grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px 20px}
article h3{grid-column:1/-1}
}
@media print{
:root{color-scheme:light;${LIGHT}}
body{font-size:11pt}
main{max-width:none;padding:0}
section{margin-top:32px}
section,article,figure{break-inside:avoid}
svg.wide{display:block}svg.narrow{display:none}
details::details-content{content-visibility:visible;block-size:auto}
.scroll{overflow:visible}
figure+details{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}`;
