using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A body that must be refused for what stands at one place of it.</summary>
/// <param name="What">What stands there.</param>
/// <param name="Body">The whole body, as UTF-8 should it be text.</param>
/// <param name="Location">Location of the item that <c>error.errors</c> must have; <see langword="null"/> when the list must be empty.</param>
internal sealed record BadInput(string What, byte[] Body, string? Location)
{
    /// <summary>Location of a refusal that is no violation of the schema.</summary>
    public const string InBody = "requestBody";

    private const string Huge = "9223372036854775808";

    /// <summary>Values at one place of a body that must be refused.</summary>
    /// <param name="body">A valid body that has the place.</param>
    /// <param name="field">The place.</param>
    public static IEnumerable<BadInput> At(string body, Field field)
    {
        SchemaNode schema = field.Schema;
        string location = BodyEditor.Location(field.Path);
        if (field.IsRequired && field.Path.Length > 0)
        {
            yield return new("missing", Encoding.UTF8.GetBytes(BodyEditor.Remove(body, field.Path)), BodyEditor.ParentLocation(field.Path) + "/required");
        }

        foreach ((string json, string keyword) in Violations(schema))
        {
            yield return With(json, location + "/" + keyword);
        }

        if (schema is { Kind: SchemaKind.Object, IsClosed: true })
        {
            string text = BodyEditor.Set(body, (field.Path + ".not a member").TrimStart('.'), "1");
            yield return new("an unknown member", Encoding.UTF8.GetBytes(text), location + "/additionalProperties");
        }

        foreach (string json in Unbindable(schema))
        {
            yield return With(json, null);
        }

        foreach (string json in Malformed())
        {
            yield return With(json, InBody);
        }

        byte[] notUtf8 = [.. "\"a"u8, 0xC3, 0x28, .. "a\""u8];
        yield return new("bytes that are not UTF-8", BodyEditor.Set(body, field.Path, notUtf8), InBody);

        BadInput With(string json, string? at) => new(Short(json), Encoding.UTF8.GetBytes(BodyEditor.Set(body, field.Path, json)), at);
    }

    private static IEnumerable<(string Json, string Keyword)> Violations(SchemaNode schema)
    {
        IEnumerable<(string, string)> types = Samples.OtherTypes(schema).Select(static json => (json, "type"));
        return types.Concat(schema.Kind switch
        {
            SchemaKind.String => Texts(schema),
            SchemaKind.Integer => Integers(schema),
            SchemaKind.Array => Arrays(schema),
            SchemaKind.Object when schema.PropertiesMax != int.MaxValue => [(Samples.Members(schema.PropertiesMax + 1), "maxProperties")],
            _ => [],
        });
    }

    private static IEnumerable<(string Json, string Keyword)> Texts(SchemaNode schema)
    {
        if (schema.LengthMin > 0)
        {
            yield return (Samples.Text(schema.LengthMin - 1), "minLength");
        }

        if (schema.LengthMax != int.MaxValue)
        {
            yield return (Samples.Text(schema.LengthMax + 1), "maxLength");
            yield return (Samples.Keys(schema.LengthMax + 1), "maxLength");
        }

        if (schema.Pattern is not null)
        {
            foreach (string offPattern in new[] { "!", " ", "\u00e9", "\\u0000", "\\n" })
            {
                yield return ($"\"{offPattern}{Samples.Fill(schema.LengthMin)}\"", "pattern");
                yield return ($"\"{Samples.Fill(schema.LengthMin)}{offPattern}\"", "pattern");
            }
        }

        foreach (string value in schema.Values)
        {
            yield return ($"\"{value.ToUpperInvariant()}\"", "enum");
            yield return ($"\"{value} \"", "enum");
        }

        if (schema.Values.Count > 0)
        {
            yield return ("\"\"", "enum");
        }
    }

    private static IEnumerable<(string Json, string Keyword)> Integers(SchemaNode schema)
    {
        yield return ("5.5", "type");
        yield return ("1e-1", "type");
        if (schema.Minimum != long.MinValue)
        {
            yield return (Samples.Number(schema.Minimum - 1), "minimum");
            yield return ("-" + Huge, "minimum");
            yield return ("-9223372036854775809", "minimum");
            yield return ("-1e400", "minimum");
        }

        if (schema.Maximum != long.MaxValue)
        {
            yield return (Samples.Number(schema.Maximum + 1), "maximum");
            yield return (Huge, "maximum");
            yield return ("1e400", "maximum");
        }
    }

    private static IEnumerable<(string Json, string Keyword)> Arrays(SchemaNode schema)
    {
        if (schema.ItemsMin > 0)
        {
            yield return (Samples.Items(schema, schema.ItemsMin - 1), "minItems");
        }

        if (schema.ItemsMax != int.MaxValue)
        {
            yield return (Samples.Items(schema, schema.ItemsMax + 1), "maxItems");
        }
    }

    // Integers by value and not by spelling: they satisfy the schema, and the member cannot take them.
    private static IEnumerable<string> Unbindable(SchemaNode schema)
    {
        if (schema.Kind != SchemaKind.Integer)
        {
            yield break;
        }

        string least = Samples.Number(schema.Minimum == long.MinValue ? 5 : schema.Minimum);
        yield return least + ".0";
        yield return least + "e0";
        yield return least + "E+0";
        yield return least + ".000";
        if (schema.Maximum == long.MaxValue)
        {
            yield return Huge;
            yield return "1e400";
            yield return "123456789012345678901234567890";
        }
    }

    private static IEnumerable<string> Malformed()
    {
        // 100 levels are more than any body may have, wherever they begin.
        yield return new string('[', 100) + new string(']', 100);
        yield return string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100);
        yield return "\"\\ud800\"";
        yield return "\"\\udc00\\ud800\"";
        yield return "\"\\ud800a\"";
        yield return "\"\\x\"";
        yield return "\"\t\"";
        yield return "01";
        yield return "+1";
        yield return ".5";
        yield return "5.";
        yield return "NaN";
        yield return "True";
        yield return "nul";
        yield return "[1,]";
        yield return "{\"a\":1,}";
        yield return "'a'";
        yield return "/* a */ 1";
        yield return ",";
    }

    private static string Short(string json) => json.Length <= 60 ? json : string.Create(CultureInfo.InvariantCulture, $"{json[..60]}... of {json.Length}");
}
