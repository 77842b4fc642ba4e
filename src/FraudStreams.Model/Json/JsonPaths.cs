using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Model.Json;

/// <summary>The paths of a schema's fields as a tree of names: which value of a nested JSON object is which field. Immutable, and allocates nothing for a record.</summary>
sealed class JsonPaths
{
    readonly byte[][] _names;

    internal JsonPaths(ImmutableArray<SchemaField> fields)
    {
        Root = Node.Of([.. fields.Select((field, index) => (Path: field.From is { } from ? from.Split('.') : [field.Name], index))], 0);
        _names = [.. fields.Select(field => Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(field.Name)}\":"))];
    }

    /// <summary>The record's object.</summary>
    internal Node Root { get; }

    /// <summary>Appends a flat object of the values that were found to the current row, as its source.</summary>
    /// <param name="record">The nested record.</param>
    /// <param name="values">By field, where the record has its value; empty where it has none.</param>
    /// <param name="into">The rows whose current row was parsed from the record.</param>
    internal void WriteFlat(ReadOnlySpan<byte> record, ReadOnlySpan<Range> values, TransactionRows into)
    {
        var room = 2;
        for (var field = 0; field < values.Length; field++)
            room += _names[field].Length + values[field].End.Value - values[field].Start.Value + 1;
        var flat = into.Reserve(room);
        var written = 0;
        flat[written++] = (byte)'{';
        for (var field = 0; field < values.Length; field++)
        {
            var value = record[values[field]];
            if (value.IsEmpty)
                continue;
            if (written > 1)
                flat[written++] = (byte)',';
            _names[field].CopyTo(flat[written..]);
            written += _names[field].Length;
            value.CopyTo(flat[written..]);
            written += value.Length;
        }
        flat[written++] = (byte)'}';
        into.ReplaceSource(into.Keep(written), written);
    }

    /// <summary>An object of the record: which of its names are fields, and which are objects that have some.</summary>
    internal sealed class Node
    {
        readonly Utf8Names _names;
        readonly (int Field, Node? Inner)[] _children;

        Node(string[] names, (int Field, Node? Inner)[] children)
        {
            (_names, _children) = (new Utf8Names(names), children);
            foreach (var (_, inner) in children)
                inner?.Parent = this;
        }

        /// <summary>The object around this one; null for the record's own.</summary>
        internal Node? Parent { get; private set; }

        internal static Node Of(ImmutableArray<(string[] Path, int Field)> paths, int depth)
        {
            var byName = paths.GroupBy(path => path.Path[depth], StringComparer.Ordinal).ToArray();
            return new Node(
                [.. byName.Select(group => group.Key)],
                [.. byName.Select(group => group.First() is var first && first.Path.Length == depth + 1 ? (first.Field, (Node?)null) : (-1, Of([.. group], depth + 1)))]);
        }

        /// <summary>What the property at the reader is: a field, an object with fields, or neither (-1, null).</summary>
        internal (int Field, Node? Inner) Find(ref Utf8JsonReader property)
        {
            if (!property.ValueIsEscaped)
                return At(_names.Find(property.ValueSpan));
            for (var name = 0; name < _children.Length; name++)
            {
                if (property.ValueTextEquals(_names[name]))
                    return _children[name];
            }
            return (-1, null);
        }

        (int Field, Node? Inner) At(int name) => name < 0 ? (-1, null) : _children[name];
    }
}
