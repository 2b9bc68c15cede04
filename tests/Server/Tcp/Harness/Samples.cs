using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>JSON values that do or do not satisfy a schema.</summary>
internal static class Samples
{
    private static readonly (SchemaKind? Kind, string Json)[] s_types =
    [
        (SchemaKind.String, "\"5\""), (SchemaKind.Integer, "5"), (SchemaKind.Boolean, "true"), (SchemaKind.Boolean, "false"), (SchemaKind.Object, "{}"),
        (SchemaKind.Array, "[]"), (SchemaKind.Array, "[[]]"), (null, "null"),
    ];

    /// <summary>Values of every JSON type that the schema does not ask for.</summary>
    public static IEnumerable<string> OtherTypes(SchemaNode schema) => s_types
        .Where(sample => sample.Kind is { } kind ? kind != schema.Kind : !schema.IsNullable)
        .Select(static sample => sample.Json);

    /// <summary>Values at the bounds of a schema, which must be accepted.</summary>
    public static IEnumerable<string> AtBounds(SchemaNode schema)
    {
        IEnumerable<string> values = schema.Kind switch
        {
            SchemaKind.String => TextsAtBounds(schema),
            SchemaKind.Integer => [Number(schema.Minimum == long.MinValue ? -5 : schema.Minimum), Number(schema.Maximum), Number(schema.Maximum - 1)],
            SchemaKind.Boolean => ["true", "false"],
            SchemaKind.Array when schema.ItemsMax != int.MaxValue => [Items(schema, schema.ItemsMin), Items(schema, schema.ItemsMax)],
            SchemaKind.Array => [Items(schema, schema.ItemsMin), Items(schema, 200)],
            SchemaKind.Object when schema.PropertiesMax != int.MaxValue => ["{}", Members(schema.PropertiesMax), Nested(20)],
            _ => [],
        };
        return schema.IsNullable ? values.Append("null") : values;
    }

    /// <summary>The smallest value that satisfies a schema.</summary>
    public static string Least(SchemaNode schema) => schema.Kind switch
    {
        SchemaKind.String when schema.Values.Count > 0 => $"\"{schema.Values[0]}\"",
        SchemaKind.String => Text(schema.LengthMin),
        SchemaKind.Integer => Number(schema.Minimum == long.MinValue ? 0 : schema.Minimum),
        SchemaKind.Boolean => "false",
        SchemaKind.Array => Items(schema, schema.ItemsMin),
        _ => "{" + string.Join(',', schema.Properties.Where(static p => p.IsRequired).Select(static p => $"\"{p.Name}\":{Least(p.Schema)}")) + "}",
    };

    /// <summary>A value with every member that there can be, one item in each array.</summary>
    public static string Full(SchemaNode schema) => schema.Kind switch
    {
        SchemaKind.Array => $"[{Full(schema.Items!)}]",
        SchemaKind.Object => "{" + string.Join(',', schema.Properties.Select(static p => $"\"{p.Name}\":{Full(p.Schema)}")) + "}",
        _ => Least(schema),
    };

    /// <summary>An array of smallest values.</summary>
    public static string Items(SchemaNode array, int count) => "[" + string.Join(',', Enumerable.Repeat(Least(array.Items!), count)) + "]";

    /// <summary>An object of so many members.</summary>
    public static string Members(int count) => "{" + string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"m{i}\":{i}")) + "}";

    public static string Fill(int count) => new('a', count);

    /// <summary>A text of so many ASCII letters, which every pattern of the contract admits.</summary>
    public static string Text(int count) => $"\"{Fill(count)}\"";

    /// <summary>A text of so many code points outside the basic plane: two UTF-16 units and four bytes each.</summary>
    public static string Keys(int count) => $"\"{string.Concat(Enumerable.Repeat("\U0001F511", count))}\"";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "[1.5,\"\\u0000\",null]" + new string('}', depth);

    private static IEnumerable<string> TextsAtBounds(SchemaNode schema)
    {
        if (schema.Values.Count > 0)
        {
            return schema.Values.Select(static value => $"\"{value}\"");
        }

        int most = schema.LengthMax == int.MaxValue ? 2_000 : schema.LengthMax;
        IEnumerable<string> texts = [Text(schema.LengthMin), Text(most)];
        if (schema.Pattern is { } pattern)
        {
            return texts.Append($"\"{Allowed(pattern, most)}\"");
        }

        // Nine code points that writers of JSON, SQL and logs may stumble over.
        return texts.Append("\"'\\u0000\\n\\r\\\"\\\\%_\u2028\"").Concat([Keys(schema.LengthMin), Keys(most), $"\"{string.Concat(Enumerable.Repeat("\\ud83d\\udd11", most))}\""]);
    }

    // Every character that the pattern admits, as often as fits.
    private static string Allowed(StringPattern pattern, int most)
    {
        char[] allowed = [.. Enumerable.Range(1, 126).Select(static code => (char)code).Where(character => pattern.IsMatch([character]))];
        return string.Concat(Enumerable.Range(0, most).Select(i => allowed[^((i % allowed.Length) + 1)]));
    }
}
