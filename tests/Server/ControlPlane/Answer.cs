using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>An answer of the control plane, parsed.</summary>
internal sealed record Answer(int Status, string ContentType, string Text)
{
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    public JsonElement Root { get; } = JsonDocument.Parse(Text).RootElement;

    public JsonElement Data => Root.GetProperty("data");

    public JsonElement Error => Root.GetProperty("error");

    public string Detail => Error.GetProperty("detail").GetString()!;

    public JsonElement Pagination => Root.GetProperty("pagination");

    public bool HasMore => Pagination.GetProperty("hasMore").GetBoolean();

    /// <summary>The cursor of the next page; null on the last one.</summary>
    public string? Cursor => Pagination.TryGetProperty("cursor", out JsonElement cursor) ? cursor.GetString() : null;

    public string Code => Data.GetProperty("code").GetString()!;

    public string Field(string name) => Data.GetProperty(name).GetString()!;

    public bool Has(string name) => Data.TryGetProperty(name, out _);

    /// <summary>One text of each row of a list.</summary>
    public string[] Each(string name) => [.. Ok().EnumerateArray().Select(row => row.GetProperty(name).GetString()!)];

    /// <summary>Asserts a success and returns its data.</summary>
    public JsonElement Ok()
    {
        Assert.True(Status == 200, Text);
        Assert.Equal("application/json", ContentType);
        Assert.StartsWith("req_", Root.GetProperty("meta").GetProperty("requestId").GetString());
        return Data;
    }

    /// <summary>Asserts a success whose answer is only <c>meta</c>.</summary>
    public void OkWithoutData()
    {
        Assert.True(Status == 200, Text);
        Assert.Equal("meta", Assert.Single(Root.EnumerateObject()).Name);
    }

    /// <summary>Asserts a refusal: status, type, and that the envelope agrees with itself.</summary>
    public Answer Refused(int status, string typeSuffix)
    {
        Assert.True(Status == status, Text);
        Assert.Equal("https://unkey.com/docs/errors/" + typeSuffix, Error.GetProperty("type").GetString());
        Assert.Equal(status, Error.GetProperty("status").GetInt32());
        Assert.NotEmpty(Error.GetProperty("title").GetString()!);
        Assert.NotEmpty(Root.GetProperty("meta").GetProperty("requestId").GetString()!);
        Assert.Equal(status is 400 or 408 or 413 or 499, Error.TryGetProperty("errors", out _));
        return this;
    }

    /// <summary>Asserts a schema refusal and the keyword locations it reports.</summary>
    public Answer Invalid(string path, params string[] locations)
    {
        Refused(400, "unkey/application/invalid_input");
        Assert.Equal("Bad Request", Error.GetProperty("title").GetString());
        Assert.Equal($"POST request body for '{path}' failed to validate schema", Detail);
        JsonElement errors = Error.GetProperty("errors");
        Assert.Equal(locations.Length, errors.GetArrayLength());
        for (int i = 0; i < locations.Length; i++)
        {
            Assert.Equal(locations[i], errors[i].GetProperty("location").GetString());
        }

        return this;
    }
}
