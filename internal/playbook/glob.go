package playbook

// Glob says whether the whole of s fits a pattern in which * stands for any run of bytes. Both are compared as they are: fold them first. It
// goes back to the last * only, since an earlier one need never take more than its least: time is at worst the product of both lengths.
func Glob(pattern, s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, mark = j, i
			j++
		case j < len(pattern) && pattern[j] == s[i]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '*' {
		j++
	}
	return j == len(pattern)
}
