[assembly: Xunit.AssemblyTrait("Category", "Chaos")]
