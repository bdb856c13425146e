//! The recipes as the document has them.

/// A recipe.
pub(crate) struct Recipe {
    /// Its heading, without the number.
    pub(crate) title: String,
    /// Its commands, as they stand there.
    pub(crate) script: String,
}

impl Recipe {
    /// Whether it needs DuckDB's Python package.
    pub(crate) fn needs_duckdb(&self) -> bool {
        self.script.contains("import duckdb")
    }

    /// Whether it is one command that goes on after a kill, with a file.
    pub(crate) fn is_resumed_alone(&self) -> bool {
        self.script.contains(" -o ") && self.script.contains("--resume") && self.script.trim().lines().count() == 1
    }
}

/// Every recipe of `docs/recipes.md`, in order. A heading `## N. TITLE` begins one; its blocks of `sh` are its commands.
pub(crate) fn recipes() -> Vec<Recipe> {
    let recipes = parse(include_str!("../../../../docs/recipes.md"));
    assert!(recipes.len() >= 10 && recipes.iter().all(|recipe| !recipe.script.is_empty()));
    recipes
}

fn parse(text: &str) -> Vec<Recipe> {
    let (mut recipes, mut is_command) = (Vec::<Recipe>::new(), false);
    for line in text.lines() {
        if is_command && line == "```" {
            is_command = false;
        } else if is_command {
            let recipe = recipes.last_mut().expect("a command stands in a recipe");
            recipe.script.push_str(line);
            recipe.script.push('\n');
        } else if line == "```sh" {
            is_command = true;
        } else if let Some(heading) = line.strip_prefix("## ") {
            let (number, title) = heading.split_once(". ").expect("a recipe has a number");
            assert_eq!(number.parse(), Ok(recipes.len() + 1), "{heading}");
            recipes.push(Recipe { title: title.to_owned(), script: String::new() });
        }
    }
    recipes
}

#[test]
fn commands_are_taken_out_as_they_stand_there() {
    let text = "# A\n\n```text\nX=1\n```\n\n## 1. One\n\nWhy.\n\n```sh\na \\\n    b\n```\n\n```sh\nc\n```\n## 2. Two\n```sh\nd\n```\n";
    let recipes: Vec<(String, String)> = parse(text).into_iter().map(|recipe| (recipe.title, recipe.script)).collect();
    let recipe = |title: &str, script: &str| (title.to_owned(), script.to_owned());
    assert_eq!(recipes, [recipe("One", "a \\\n    b\nc\n"), recipe("Two", "d\n")]);
}
