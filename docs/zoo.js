// Filters above the zoo's table: a list for each of three columns. Without JavaScript the whole table is there.
for (const table of document.querySelectorAll(".zoo table")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  const bar = document.createElement("p");
  const count = document.createElement("output");
  const lists = [];
  const text = (row, column) => row.cells[column].textContent.trim();

  const filter = () => {
    for (const row of rows) {
      row.hidden = lists.some(([list, column]) => list.value && !text(row, column).split(", ").includes(list.value));
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };

  for (const name of ["task", "model", "data"]) {
    const column = headings.indexOf(name);
    const words = rows.flatMap((row) => text(row, column).split(", "));
    const label = document.createElement("label");
    const list = document.createElement("select");
    list.add(new Option("all", ""));
    for (const word of [...new Set(words)].sort()) {
      list.add(new Option(word));
    }
    list.addEventListener("change", filter);
    lists.push([list, column]);
    label.append(`${name} `, list);
    bar.append(label);
  }
  bar.className = "zoo-filters";
  bar.append(count);
  table.closest(".zoo").prepend(bar);
  filter();
}
