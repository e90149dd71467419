/**
 * In JupyterLab's page: runs all cells of a notebook, then each cell twice in a row, pastes the
 * solution, checks it twice, and lets axe look at all outputs in both themes.
 */
async ({ path, solution }) => {
  const { commands, shell } = jupyterapp;
  const panel = await commands.execute("docmanager:open", { path });
  await panel.context.ready;
  await panel.sessionContext.ready;
  shell.activateById(panel.id);
  const { content } = panel;
  content.notebookConfig = { ...content.notebookConfig, windowingMode: "none" };
  const code = content.widgets.filter(({ model }) => model.type === "code");
  const problems = [];
  const moment = (ms) => new Promise((done) => setTimeout(done, ms));
  const outputs = (cell) => cell.model.outputs.toJSON();
  const run = async (cell, when) => {
    content.activeCellIndex = content.widgets.indexOf(cell);
    await commands.execute("notebook:run-cell");
    failures([cell], when);
    // ipywidgets reports an error of its own if a box goes before its children are in it
    if (cell.node.querySelector(".jupyter-widgets")) await moment(1000);
  };
  const failures = (cells, when) => {
    for (const cell of cells) {
      for (const { output_type: kind, evalue, name, text } of outputs(cell)) {
        if (kind === "error") problems.push(`${when}: ${evalue}`);
        if (name === "stderr") problems.push(`${when}: ${text}`);
      }
      if (cell.model.executionCount === null) problems.push(`${when}: a cell did not run`);
    }
  };
  await commands.execute("notebook:run-all-cells");
  failures(code, "run all");
  for (const cell of code) for (const again of [2, 3]) await run(cell, `run ${again}`);

  const [answer, check] = code.slice(-2);
  const said = () => outputs(check).map(({ data }) => [data?.["text/plain"]].flat().join(""));
  const untouched = said();
  answer.model.sharedModel.setSource(solution);
  const solved = [];
  for (const again of [1, 2]) {
    await run(answer, `solution ${again}`);
    await run(check, `check ${again}`);
    solved.push(...said());
  }

  const found = {};
  for (const theme of ["JupyterLab Light", "JupyterLab Dark"]) {
    await commands.execute("apputils:change-theme", { theme });
    await moment(1500);
    const { violations } = await axe.run(
      { include: [...panel.node.querySelectorAll(".jp-OutputArea-output")] },
      {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        iframes: false, // the page in 07's frame has tests of its own
      },
    );
    found[theme] = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, target, failureSummary }) =>
        `${id}: ${html.slice(0, 300)} [${target}] ${failureSummary.slice(0, 300)}`,
      ),
    );
  }
  const unseen = [...panel.node.querySelectorAll(".jp-MarkdownCell img")]
    .filter(({ naturalWidth }) => !naturalWidth)
    .map(({ src }) => src);
  const areas = panel.node.querySelectorAll(".jp-OutputArea-output").length;
  await commands.execute("docmanager:save");
  await panel.sessionContext.shutdown();
  panel.dispose();
  return { problems, untouched, solved, found, unseen, areas, cells: code.length };
}
