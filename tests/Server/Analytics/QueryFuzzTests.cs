using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Analytics;
using Unkey.Server.Analytics.Binding;
using Unkey.Server.Analytics.Sql;
using Unkey.Server.Analytics.Sqlite;
using Unkey.Server.Tests.Tcp.Analytics;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Analytics;

/// <summary>Any text at all: it is refused as a query, or it runs behind the wall. Made of the queries of the other tests, cut and put together anew.</summary>
public sealed class QueryFuzzTests(SqliteStoreFixture store, ITestOutputHelper output) : IClassFixture<SqliteStoreFixture>
{
    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("UNKEY_TEST_ROUNDS"), out int rounds) ? rounds : 10_000;

    private static readonly AnalyticsScope s_scope = new(SqliteStoreFixture.WorkspaceId, null);

    private static readonly string[] s_corpus = [.. SameAnswerTests.Queries, .. HostileQueries.All.Select(static item => item.Query)];

    private static readonly string[] s_words =
    [
        .. AllowedFunctions.Names().Select(static name => name + "("), .. s_corpus.SelectMany(static query => query.Split(' ')).Distinct(),
        "9223372036854775807", "-9223372036854775808", "1e308", "0.1", "''", "'\\0'", "NULL", "INTERVAL", "9223372036854775807 YEAR", "-1 MONTH", "[]", "[NULL]", "OVER ()",
    ];

    [Fact]
    public async Task WhateverIsTakenRunsBehindTheWall()
    {
        Random random = TestSeed.Create(output, out string replay);
        AnalyticsLimits limits = new() { TimeMax = TimeSpan.FromMilliseconds(200), RowsMax = 50 };
        QueryGenerator generator = new(random);
        int taken = 0;
        int answered = 0;
        for (int round = 0; round < s_rounds; round++)
        {
            string query = random.Next(2) == 0 ? Mutated(random) : generator.Query();
            Dataset dataset = query.Contains("ratelimits_", StringComparison.Ordinal) ? Dataset.Ratelimits : Dataset.Verifications;
            try
            {
                BoundQuery bound = AnalyticsService.Bind(query, dataset, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), limits);
                taken++;
                QueryWall.Check(bound, s_scope, dataset);
                string json = Encoding.UTF8.GetString((await new SqliteAnalyticsStore(store.Path).RunAsync(bound, dataset, s_scope, limits, CancellationToken.None)).Json.Span);
                answered++;
                Assert.DoesNotContain(AnalyticsEvents.Marker, json, StringComparison.Ordinal);
                System.Text.Json.JsonDocument.Parse(json).Dispose();
            }
            catch (AnalyticsException)
            {
                // The only way in which a query may be refused.
            }
            catch (Exception exception)
            {
                Assert.Fail($"{replay}, round {round}: {query}\n{exception}");
            }
        }

        output.WriteLine($"{taken} taken, {answered} answered");
        Assert.True(answered > s_rounds / 10, $"{replay}: only {answered} of {s_rounds} queries ran, so this says nothing.");
    }

    [Fact]
    public void NoBytesAreMoreThanARefusal()
    {
        Random random = TestSeed.Create(output, out string replay);
        for (int round = 0; round < s_rounds; round++)
        {
            char[] text = [.. Enumerable.Range(0, random.Next(60)).Select(_ => random.Next(4) == 0 ? (char)random.Next(char.MaxValue + 1) : (char)random.Next(32, 127))];
            string query = random.Next(2) == 0 ? new string(text) : $"SELECT {new string(text)} FROM key_verifications_v1";
            try
            {
                AnalyticsQueries.Bind(query);
            }
            catch (AnalyticsException)
            {
                // As above.
            }
            catch (Exception exception)
            {
                Assert.Fail($"{replay}, round {round}: {query}\n{exception}");
            }
        }
    }

    private static string Mutated(Random random)
    {
        List<string> words = [.. s_corpus[random.Next(s_corpus.Length)].Split(' ')];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int at = random.Next(words.Count);
            switch (random.Next(7))
            {
                case 0:
                    words.RemoveAt(at);
                    break;
                case 1:
                    words.Insert(at, words[random.Next(words.Count)]);
                    break;
                case 2:
                    words[at] = s_words[random.Next(s_words.Length)];
                    break;
                case 3:
                    words.Insert(at, s_words[random.Next(s_words.Length)]);
                    break;
                case 4:
                    words[at] = $"({words[at]})";
                    break;
                case 5:
                    words[at] += words[random.Next(words.Count)];
                    break;
                default:
                    string[] other = s_corpus[random.Next(s_corpus.Length)].Split(' ');
                    int start = random.Next(other.Length);
                    words.InsertRange(at, other.Skip(start).Take(random.Next(1, 8)));
                    break;
            }

            if (words.Count == 0)
            {
                return "";
            }
        }

        return string.Join(' ', words);
    }
}
