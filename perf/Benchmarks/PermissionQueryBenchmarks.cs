using System.Text;
using BenchmarkDotNet.Attributes;
using Unkey.Engine.Keys;
using Unkey.Engine.Permissions;

namespace Unkey.Perf;

/// <summary>Permission queries against a key with two permissions.</summary>
public class PermissionQueryBenchmarks
{
    private readonly byte[] _two = Encoding.ASCII.GetBytes(SampleRequests.Query);
    private readonly byte[] _nested = Encoding.ASCII.GetBytes(
        "(documents.read AND documents.write) OR (admin.read AND (admin.write OR root)) OR (a AND b AND c AND d)");

    private readonly PermissionQuery _parsed = new();
    private readonly PermissionQuery _scratch = new();
    private SampleEngine _engine = null!;
    private KeyRecord _record;

    [GlobalSetup]
    public void Setup()
    {
        _engine = new SampleEngine(1);
        Validate.That(_engine.State.Keys.TryFind(KeyDigest.Of(SampleEngine.SecretOf(0)), out _record));
        Validate.That(_parsed.TryParse(_two, out _));
        Validate.That(TwoTerms() && TwoTermsAgain() && NestedTerms());
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    [Benchmark]
    public bool TwoTerms() => _scratch.TryParse(_two, out _) && _scratch.IsSatisfiedBy(_record);

    [Benchmark]
    public bool TwoTermsAgain() => _parsed.Is(_two) && _parsed.IsSatisfiedBy(_record);

    [Benchmark]
    public bool NestedTerms() => _scratch.TryParse(_nested, out _) && _scratch.IsSatisfiedBy(_record);
}
