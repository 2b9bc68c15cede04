using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A value at one place of a body, with what the contract says about it.</summary>
/// <param name="What">What is wrong, or right, about it.</param>
/// <param name="Body">The whole body.</param>
/// <param name="Location">The schema location of the violation; <see langword="null"/> when the value passes the schema.</param>
/// <param name="Binds">Whether the value can be taken; an integer written as <c>5.0</c> passes the schema and still is refused.</param>
internal sealed record BadInput(string What, string Body, string? Location, bool Binds = false)
{
    /// <summary>Values at this place that must be refused.</summary>
    public static IEnumerable<BadInput> RefusedAt(string body, Field field)
    {
        string location = BodyEditor.Location(field.Path);
        if (field.Required)
        {
            yield return new("missing", BodyEditor.Remove(body, field.Path), BodyEditor.ParentLocation(field.Path) + "/required");
        }

        foreach (string json in WrongTypes(field))
        {
            yield return With(json, "/type");
        }

        if (!field.Nullable)
        {
            yield return With("null", "/type");
        }

        foreach (BadInput input in field.Kind switch
        {
            FieldKind.Text => RefusedTexts(),
            FieldKind.Integer => RefusedIntegers(),
            FieldKind.Array => RefusedArrays(),
            FieldKind.Object => RefusedObjects(),
            _ => [],
        })
        {
            yield return input;
        }

        BadInput With(string json, string keyword) => new(Short(json), BodyEditor.Set(body, field.Path, json), location + keyword);

        BadInput Unbound(string json) => new(Short(json), BodyEditor.Set(body, field.Path, json), null);

        IEnumerable<BadInput> RefusedTexts()
        {
            if (field.Min > 0)
            {
                yield return With(Quoted(Fill(field.Min.Value - 1)), "/minLength");
            }

            if (field.Max is { } max)
            {
                yield return With(Quoted(Fill(max + 1)), "/maxLength");
            }

            if (field.OffPattern is { } text)
            {
                yield return With(Quoted(text), "/pattern");
            }
        }

        IEnumerable<BadInput> RefusedIntegers()
        {
            yield return With("5.5", "/type");
            if (field.Min is { } min)
            {
                yield return With((min - 1).ToString(CultureInfo.InvariantCulture), "/minimum");
            }

            // Integers by value and not by spelling: the schema lets them pass, and the member cannot take them.
            long within = field.Min ?? 5;
            yield return Unbound(within.ToString(CultureInfo.InvariantCulture) + ".0");
            yield return Unbound((within == 0 ? "0" : within.ToString(CultureInfo.InvariantCulture)) + "e0");
            if (field.Max is { } max)
            {
                yield return With((max + 1).ToString(CultureInfo.InvariantCulture), "/maximum");
                yield return With("9223372036854775808", "/maximum");
            }
            else
            {
                yield return Unbound("9223372036854775808");
            }
        }

        IEnumerable<BadInput> RefusedArrays()
        {
            if (field.Min > 0)
            {
                yield return With("[]", "/minItems");
            }

            if (field.Max is { } max)
            {
                yield return With(Items(max + 1), "/maxItems");
            }
        }

        IEnumerable<BadInput> RefusedObjects()
        {
            if (field.Max is { } max)
            {
                yield return With(Members(max + 1), "/maxProperties");
            }
        }

        string Items(long count) => "[" + string.Join(',', Enumerable.Repeat(field.Item, (int)count)) + "]";
    }

    /// <summary>Values at this place that the schema must accept.</summary>
    public static IEnumerable<BadInput> AcceptedAt(string body, Field field)
    {
        if (field.Nullable)
        {
            yield return With("null");
        }

        switch (field.Kind)
        {
            case FieldKind.Text:
                yield return With(Quoted(Fill(field.Min ?? 0)));
                if (field.Max is { } longest)
                {
                    yield return With(Quoted(Fill(longest)));
                    if (field.OffPattern is null)
                    {
                        // Lengths are counted in code points, and one of these has two UTF-16 units and four bytes.
                        yield return With(Quoted(string.Concat(Enumerable.Repeat("\U0001F511", (int)longest))));
                    }
                }

                break;
            case FieldKind.Integer:
                yield return With((field.Min ?? 0).ToString(CultureInfo.InvariantCulture));
                yield return With((field.Max ?? long.MaxValue).ToString(CultureInfo.InvariantCulture));
                break;
            case FieldKind.Array:
                yield return With("[" + string.Join(',', Enumerable.Repeat(field.Item, (int)(field.Min ?? 0))) + "]");
                break;
            case FieldKind.Object when field.Max is { } most:
                yield return With("{}");
                yield return With(Members(most));
                break;
        }

        BadInput With(string json) => new(Short(json), BodyEditor.Set(body, field.Path, json), null, Binds: true);
    }

    private static IEnumerable<string> WrongTypes(Field field)
    {
        (FieldKind Kind, string Json)[] samples =
        [
            (FieldKind.Text, "\"5\""), (FieldKind.Integer, "5"), (FieldKind.Boolean, "true"), (FieldKind.Object, "{}"), (FieldKind.Array, "[]"),
        ];
        return samples.Where(sample => sample.Kind != field.Kind).Select(sample => sample.Json);
    }

    private static string Fill(long count) => new('a', (int)count);

    private static string Members(long count) => "{" + string.Join(',', Enumerable.Range(0, (int)count).Select(i => $"\"m{i}\":{i}")) + "}";

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private static string Short(string json) => json.Length <= 40 ? json : $"{json[..40]}... of {json.Length}";
}
