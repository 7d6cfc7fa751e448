"""DNA: enhancers that bind chosen factors, and measured binding of every 8-mer."""
