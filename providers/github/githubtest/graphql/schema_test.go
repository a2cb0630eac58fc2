package graphql

import "testing"

func TestLoadRepeatedFields(t *testing.T) {
	if _, err := Load("type Query { a(b: Int): String! c: Int a(b: Int): String! }"); err != nil {
		t.Errorf("a field defined twice in the same way is refused: %v", err)
	}
	for _, text := range []string{
		"type Query { a: String! a: String }",
		"type Query { a(b: Int): String a(c: Int): String }",
	} {
		if _, err := Load(text); err == nil {
			t.Errorf("two fields of one name are taken: %s", text)
		}
	}
}
