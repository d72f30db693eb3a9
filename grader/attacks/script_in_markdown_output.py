# tries: shows Markdown and LaTeX with a script in it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/harmless_markdown.py

# %% own above fetch_all
from IPython.display import Latex, Markdown, display

display(Markdown("<script>steal()</script> [x](javascript:steal()) ![x](x' onerror='steal()) <img src=x onerror=steal()>"))
display(Latex(r"$\href{javascript:steal()}{x}$ </script><script>steal()</script> \unicode{<img src=x onerror=steal()>}"))
