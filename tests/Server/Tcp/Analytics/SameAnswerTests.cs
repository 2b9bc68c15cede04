using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Analytics;

/// <summary>One query, one answer: the embedded store gives what ClickHouse gives, over the same events.</summary>
public sealed class SameAnswerTests(AnalyticsFixture fixture) : IClassFixture<AnalyticsFixture>
{
    /// <summary>A query a line.</summary>
    internal static IReadOnlyList<string> Queries { get; } = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "Server", "Tcp", "Analytics", "SameAnswers.sql"));

    public static TheoryData<string> Data => [.. Queries];

    [Theory]
    [MemberData(nameof(Data))]
    public void BothStoresAnswerAlike(string query)
    {
        Reply embedded = AnalyticsFixture.Ask(fixture.Clients[0], query);
        Reply clickHouse = AnalyticsFixture.Ask(fixture.Clients[1], query);
        Assert.True(embedded.Status == 200, $"embedded: {embedded.Json}");
        Assert.True(clickHouse.Status == 200, $"ClickHouse: {clickHouse.Json}");
        bool isOrdered = query.Contains("ORDER BY", StringComparison.Ordinal);
        string[] wanted = Rows(clickHouse.Data, isOrdered);
        Assert.NotEmpty(wanted);
        Assert.Equal(wanted, Rows(embedded.Data, isOrdered));
        Assert.DoesNotContain(AnalyticsEvents.Marker, embedded.Json.ToString() + clickHouse.Json);
    }

    internal static string[] Rows(JsonElement data, bool isOrdered)
    {
        IEnumerable<string> rows = data.EnumerateArray().Select(static row => Text(row));
        return isOrdered ? [.. rows] : [.. rows.Order(StringComparer.Ordinal)];
    }

    // Sums of floating-point numbers depend on their order in the last digits.
    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().ToString("G12", CultureInfo.InvariantCulture),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Text))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(static member => $"{member.Name}:{Text(member.Value)}"))}}}",
        _ => value.GetRawText(),
    };
}
