# tries: shows a picture in SVG with a script and handlers in it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/harmless_html.py

# %% own above fetch_all
from IPython.display import SVG, HTML, display, publish_display_data

text = '<svg xmlns="http://www.w3.org/2000/svg" onload="steal()"><script>steal()</script><foreignObject><iframe src="javascript:steal()"/></foreignObject></svg>'
display(SVG(text))
publish_display_data({"image/svg+xml": "<img src=x onerror=steal()>" + text})
display(HTML(text))
