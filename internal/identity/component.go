package identity

// Edge says that two identifiers belong to the same subject.
type Edge struct{ A, B int64 }

// Components gives each identifier the smallest identifier of those that the edges connect it with, itself included. The order and
// repetition of ids and edges make no difference. An identifier that only an edge names counts too.
func Components(ids []int64, edges []Edge) map[int64]int64 {
	parent := make(map[int64]int64, len(ids))
	for _, id := range ids {
		parent[id] = id
	}
	root := func(id int64) int64 {
		if _, ok := parent[id]; !ok {
			parent[id] = id
		}
		for parent[id] != id {
			parent[id] = parent[parent[id]]
			id = parent[id]
		}
		return id
	}
	for _, e := range edges {
		a, b := root(e.A), root(e.B)
		parent[max(a, b)] = min(a, b) // so the root of a component is its smallest
	}
	for id := range parent {
		parent[id] = root(id)
	}
	return parent
}
