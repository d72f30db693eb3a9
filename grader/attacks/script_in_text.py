# tries: writes a script between the words of a text cell
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/harmless_markdown.py

# %% text above fetch_all
Some text <script>steal()</script> [x](javascript:steal()) <img src=x onerror=steal()>
<iframe src="javascript:steal()"></iframe> <details open ontoggle=steal()> $</p><script>steal()</script>$
`<script>steal()</script>` <div style="background:url(javascript:steal())">

    </code></pre><script>steal()</script>
