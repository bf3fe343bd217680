# SPDX-License-Identifier: ISC
# Draws the ratios of contrib/bench as SVG, to be read without colour: each as a
# bar, in parts of its goal, which is the line.  A line of its input is a name,
# the ratio and the goal, with tabs in between.
BEGIN { FS = "\t"; left = 250; wide = 440; high = 34; top = 1.25 }
{
	gsub(/&/, "\\&amp;", $1)
	gsub(/</, "\\&lt;", $1)
	name[NR] = $1; ratio[NR] = $2; goal[NR] = $3
	if ($2 / $3 > top)
		top = $2 / $3
}
function text(x, y, anchor, words) {
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\"", x, y, anchor
	print " stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">" \
	    words "</text>"
}
END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
	printf " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\"",
	    left + wide + 130, NR * high + 40
	print " font-size=\"14\">"
	print "<title>Errand beside the floors it is held against</title>"
	print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
	x = left + wide / top
	printf "<path d=\"M%.1f,10V%d\" stroke=\"#000\"", x, NR * high + 12
	print " stroke-width=\"2\" stroke-dasharray=\"6 3\"/>"
	for (i = 1; i <= NR; i++) {
		y = i * high
		long = ratio[i] / goal[i] / top * wide
		text(left - 10, y, "end", name[i])
		printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"18\"",
		    left, y - 14, long
		print " fill=\"#1f5fbf\"/>"
		text(left + long + 8, y, "start", sprintf("%.2f (%s)",
		    ratio[i], goal[i]))
	}
	text(x, NR * high + 30, "middle", "the goal, in brackets")
	print "</svg>"
}
