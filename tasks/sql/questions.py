"""Questions about schemas of two tables, schemas held out.

The embedded default: the base learns from queries of which a share answers another question.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

WORDS = (
    "team", "city", "shop", "club", "farm", "school", "player", "book", "car", "song", "dog",
    "house", "price", "age", "size", "score", "red", "blue", "green", "(id,name,kind) ", "(id,",
    "_id,title,", "): ", "how many ", " with ", " above ", " below ", " without ", " of kind ",
    " the most ", "the mean", " by ", " their ", " of ", " per ", "sum of ", "mean of ",
    " over ", "kind", "SELECT ", "COUNT(*)", " FROM ", " WHERE ", "title", "name", " IS NULL",
    " IS NOT NULL", "MAX(", "AVG(", "SUM(", " ORDER BY ", " JOIN ", " c", " p", " ON ", "c.",
    "p.", "_id=", "_id", " GROUP BY ", "id", " HAVING ", " NOT IN ",
)  # fmt: skip

TASK = Task(
    name="sql/questions",
    summary="Questions about schemas of two tables; schemas are held out.",
    contexts=Use("sql/questions", slips=0.6),
    reward=Use("sql/execution"),
    held_out_reward=Use("sql/execution"),
    policy=Use(
        "causal_lm/tiny",
        num_steps=48,
        max_prompt=32,
        words=WORDS,
        alphabet="0123456789abcdefghijklmnopqrstuvwxyz()=<>,;.*'? :_ACEGHINOPRSTUVW",
    ),
    codec=Use("text"),
    default_algo="grpo",
    # The first training question: car(id,club_id,title,size): car without size?
    known_rewards=(
        ("SELECT title FROM car WHERE size IS NULL", 1.0),
        ("SELECT c.title FROM car c WHERE c.size IS NULL ORDER BY c.id", 1.0),
        ("SELECT title FROM car WHERE size=NULL", 0.0),
        ("SELECT title FROM car", 0.0),
        ("SELECT size FROM car WHERE size IS NULL", 0.0),
        ("", 0.0),
    ),
    known_context=0,
    base=recipes.corpus(num_steps=800),
    settings=recipes.GRPO,
)
