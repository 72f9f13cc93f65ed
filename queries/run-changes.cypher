// What a run added and removed
// @answer The run changed {rows} kind(s) of things | The run changed nothing
// @first what, added, updated, removed, command, started
//
// What did a run do to the graph?
// One row for each kind of thing that the run wrote or removed.
//
// @param run run: the run's id, or the beginning of it
MATCH (run:Run {id: $run})
WITH run, [key IN keys(run) WHERE left(key, 8) IN ['written_', 'updated_', 'removed_'] | substring(key, 8)] AS things
UNWIND CASE things WHEN [] THEN [null] ELSE things END AS what
WITH DISTINCT run, what
RETURN run.id AS run, run.command AS command, run.status AS status, run.started AS started,
       duration.inSeconds(run.started, run.finished).seconds AS seconds, what,
       coalesce(run['written_' + what], 0) AS added, coalesce(run['updated_' + what], 0) AS updated,
       coalesce(run['removed_' + what], 0) AS removed,
       [run] + COLLECT { MATCH (run)-[p:PRODUCED]->(made) UNWIND [p, made] AS part RETURN part } AS graph
ORDER BY what
